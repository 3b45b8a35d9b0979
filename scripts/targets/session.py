"""A running Flink session cluster, by its REST address."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from penstock.connectors.config.invalid import invalid
from penstock.scripts.targets.target import Submission, Submitted, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(/[\w./-]*)?", re.ASCII)
_PASSWORD = re.compile(r"//[^/]*@")


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        shown = _PASSWORD.sub("//(hidden)@", value)[:80]
        raise invalid(found=f'"{shown}", which is not a REST address', allowed="http://host:port", do="correct it")
    return value.rstrip("/")


class SessionTarget(Target):
    """A running Flink session cluster. Jobs are submitted through its REST interface, with their code, jars and models. The upload of
    jars in Flink's web interface (`web.submit.enable`) is not needed."""

    takes_stack: ClassVar[bool] = True
    start: ClassVar[str] = "penstock stack up"

    address: Annotated[str, AfterValidator(_address)]
    """The JobManager's REST address, such as `http://127.0.0.1:8081`."""

    savepoints: str | None = Field(default=None, min_length=1, max_length=4096)
    """The folder for savepoints, such as `s3://bucket/savepoints`. Default: the folder in the cluster's configuration
    (`execution.checkpointing.savepoint-dir`)."""

    python: str | None = Field(default=None, min_length=1, max_length=4096)
    """The Python of the TaskManagers, with PyFlink installed, for jobs with functions of your own: a path on their machines, or one within
    `python_archive`, such as `environment.zip/bin/python`. Default: the path of the Python that runs Penstock (target `docker`: that of the
    image, `/opt/penstock/venv/bin/python`)."""

    python_archive: str | None = Field(default=None, min_length=1, max_length=4096)
    """The path of an archive of Python packages on this machine, which is sent with jobs that have functions of your own.
    `penstock environment` writes it. Default: none is sent."""

    def session(self, name: str) -> SessionTarget:
        return self

    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        started = jobs().submit(package, wanted.savepoint, wanted.fresh, wanted.timeout, wanted.force)
        text = f"{started.name} is {started.state} at {started.address} as {started.job_id}"
        return Submitted(text, {key: value for key, value in started.__dict__.items() if key != "savepoint"})

    @property
    def same_machine(self) -> bool:
        return self.same_network and urlsplit(self.address).hostname in ("localhost", "127.0.0.1", "::1")

    def worker_python(self) -> str:
        """The Python that runs functions on the TaskManagers."""
        return self.python or sys.executable

    def python_options(self) -> dict[str, str]:
        """Flink's options for Python workers."""
        archive = {"python.archives": str(Path(self.python_archive).absolute())} if self.python_archive else {}
        return {"python.executable": self.worker_python(), **archive}
