"""The session cluster of `docker/compose.yaml` (or of one like it)."""

from __future__ import annotations

from typing import ClassVar

from penstock.scripts.targets.session import SessionTarget

_PYTHON = "/opt/penstock/venv/bin/python"


class DockerTarget(SessionTarget):
    """Flink in containers, by the REST address that they publish. A job's brokers are named as the containers know them."""

    takes_stack: ClassVar[bool] = False
    start: ClassVar[str] = "docker compose -f docker/compose.yaml up -d"
    same_network: ClassVar[bool] = False

    def worker_python(self) -> str:
        return self.python or _PYTHON
