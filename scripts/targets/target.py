"""What a target is: a frozen model of where jobs run, and how they get there. Where a job runs is no part of the job."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.base.config import Config
from penstock.connectors.base.problems import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package
    from penstock.scripts.targets.session import SessionTarget


@dataclass(frozen=True)
class Submission:
    """What a submission asks for. `savepoint` is where to go on from, `fresh` leaves an earlier version's state behind, `force` submits
    although the brokers show a job of this name. `to` and `apply` say where a manifest is written, and that it is sent."""

    savepoint: str | None = None
    fresh: bool = False
    force: bool = False
    timeout: float = 60
    to: Path | None = None
    apply: bool = False


@dataclass(frozen=True)
class Submitted:
    """What came of it: `text` for a person, `data` for a program."""

    text: str
    data: dict[str, Any] = field(default_factory=dict)


class Target(Config):
    """Where jobs run."""

    takes_stack: ClassVar[bool] = False
    """Whether `${FLINK}` in its file may be the running stack of this folder."""

    start: ClassVar[str] = ""
    """The command that starts what it needs."""

    same_network: ClassVar[bool] = True
    """Whether a job's brokers and files are reached from here as they are from there: then they are looked at before."""

    foreground: ClassVar[bool] = False
    """Whether a job runs in the process that submits it, and ends with it."""

    instead: ClassVar[str] = ""
    """What to use for status, stop, upgrade and the like, where the target has no REST address for them."""

    @property
    def same_machine(self) -> bool:
        """Whether the job runs on this machine: then its secrets must be here."""
        return False

    def session(self, name: str) -> SessionTarget:
        """The session cluster that the target is; `name` is the target's. Raises RunError that names the tool to use instead."""
        raise RunError(
            f"the target {name} has no REST address through which its jobs are looked after",
            allowed="a session or docker target",
            do=self.instead,
        )

    @abstractmethod
    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        """Start a package; `jobs()` are the deployments of a session cluster. Raises RunError."""
