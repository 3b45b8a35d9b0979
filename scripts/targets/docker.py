"""The session cluster of `docker/compose.yaml`, or of a similar file."""

from __future__ import annotations

from typing import ClassVar

from penstock.scripts.targets.session import SessionTarget

_PYTHON = "/opt/penstock/venv/bin/python"


class DockerTarget(SessionTarget):
    """Flink in containers, by the REST address that they publish. Job files name brokers by their addresses inside the containers."""

    takes_stack: ClassVar[bool] = False
    start: ClassVar[str] = "docker compose -f docker/compose.yaml up -d"
    same_network: ClassVar[bool] = False

    def worker_python(self) -> str:
        return self.python or _PYTHON
