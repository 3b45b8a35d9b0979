"""The base of all targets: a frozen model of where jobs run and how they get there. A job file does not say where the job runs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package
    from penstock.scripts.targets.session import SessionTarget


@dataclass(frozen=True)
class Submission:
    """The options of a submission. `savepoint` is the state to start from, `fresh` leaves an earlier version's state behind, `force`
    submits although the brokers show a job of this name. `to` is the file of a manifest, `apply` sends the manifest."""

    savepoint: str | None = None
    fresh: bool = False
    force: bool = False
    timeout: float = 60
    to: Path | None = None
    apply: bool = False


@dataclass(frozen=True)
class Submitted:
    """The result of a submission: `text` for a person, `data` for a program."""

    text: str
    data: dict[str, Any] = field(default_factory=dict)


class Target(Config):
    """Where jobs run."""

    takes_stack: ClassVar[bool] = False
    """Whether `${FLINK}` in the target's file may stand for the running stack of this folder."""

    start: ClassVar[str] = ""
    """The command that starts the cluster, for error texts."""

    same_network: ClassVar[bool] = True
    """Whether a job's brokers and files have the same addresses here as on the cluster: then they are checked before a submission."""

    foreground: ClassVar[bool] = False
    """Whether a job runs in the process that submits it, and ends with that process."""

    instead: ClassVar[str] = ""
    """The tools for status, stop, upgrade and the like, when the target has no REST address for them."""

    @property
    def same_machine(self) -> bool:
        """Whether the job runs on this machine: then its secrets must exist here."""
        return False

    def session(self, name: str) -> SessionTarget:
        """The session cluster of the target called `name`. Raises RunError with the tool to use instead."""
        raise RunError(
            f"the target {name} has no REST address through which Penstock can operate its jobs",
            allowed="a session or docker target",
            do=self.instead,
        )

    @abstractmethod
    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        """Start a package; `jobs()` are the deployments of a session cluster. Raises RunError."""
