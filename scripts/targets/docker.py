"""The session cluster of `docker/compose.yaml`, or of a similar file."""

from __future__ import annotations

from typing import ClassVar

from penstock.scripts.targets.session import SessionTarget

_PYTHON = "/opt/penstock/venv/bin/python"


class DockerTarget(SessionTarget):
    """A Flink session cluster in containers, at the REST address that they publish. In the job file, write the brokers' addresses in the
    network of the containers."""

    takes_stack: ClassVar[bool] = False
    start: ClassVar[str] = "docker compose -f docker/compose.yaml up -d"
    same_network: ClassVar[bool] = False

    def worker_python(self) -> str:
        return self.python or _PYTHON
