"""A mini-cluster in this process: what `penstock run` starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.base.problems import RunError
from penstock.scripts.targets.target import Submission, Submitted, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package


class LocalTarget(Target):
    """A mini-cluster on this machine: `penstock submit --target local` is `penstock run`, in the foreground. It ends with the
    command, so there is nothing to look after."""

    foreground: ClassVar[bool] = True
    instead: ClassVar[str] = "run the job again: it ends with its command"

    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        raise RunError(
            f"{package.name}: a package does not run on this machine by itself", do="penstock run its job file"
        )
