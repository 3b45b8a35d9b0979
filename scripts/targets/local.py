"""A mini-cluster in this process, as `penstock run` starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.config.problems import RunError
from penstock.scripts.targets.target import Submission, Submitted, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package


class LocalTarget(Target):
    """A mini-cluster on this machine: `penstock submit --target local` is `penstock run`, in the foreground. The job ends with the
    command, so no other command works with this target."""

    foreground: ClassVar[bool] = True
    instead: ClassVar[str] = "run the job again: it ends with its command"

    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        raise RunError(f"{package.name}: a package cannot run on this machine", do="run its job file with penstock run")
