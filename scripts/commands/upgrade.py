"""`penstock upgrade`: replace a running job by another version of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.scripts.commands.options import cluster, deployments, job_file, look_before, packed, watch
from penstock.scripts.commands.output import answer, quiet

if TYPE_CHECKING:
    from penstock.scripts.cluster.compare import Comparison
    from penstock.scripts.cluster.records import Deployment
    from penstock.scripts.cluster.steps import Started


@click.command(name="upgrade")
@job_file
@watch
@quiet
@cluster
def command(
    job: Path, overlays: Any, settings: Any, checkpoints: int, timeout: float, hold: float, drop_state: bool,
    target: str, ledger: Path, output: str,
) -> None:  # fmt: skip
    """Replace the running job of the same name by JOB, and keep its state.

    The new version is planned first. Then the old one is stopped with a savepoint, and the new one starts from it and is watched. If the
    new version fails, the old one starts again. Exit 0 replaced, 1 failed and rolled back, 4 rejected because state would be lost or
    wrong.

    \b
    Examples:
      penstock plan job.yaml --against session
      penstock upgrade job.yaml
      penstock upgrade job.yaml --checkpoints 5 --hold 60
    """
    from penstock.scripts.cluster.checks import NotDeployed
    from penstock.scripts.cluster.upgrade import Unsafe, Watch

    jobs = deployments(target, ledger)
    package = packed(job, overlays, settings)
    look_before(jobs.target, package)
    last = jobs.ledger.last(package.name, jobs.target_name)
    try:
        started, comparison = jobs.upgrade(package, Watch(checkpoints, timeout, hold), drop_state)
    except Unsafe as problem:
        raise Unsafe(problem.name, problem.comparison, typed(job, overlays, settings, target)) from None
    except NotDeployed as problem:
        submit = typed(job, overlays, settings, target, "submit")
        raise NotDeployed(problem.head, problem.found, do=f"{submit}, to start it") from None
    again = "the same version was started again, with all of its state"
    done = "upgraded" if not comparison.same else "nothing changed" if _continues(started, last) else again
    replaced(output, started, comparison, done)


def typed(job: Path, overlays: Sequence[Path], settings: Sequence[str], target: str, command: str = "upgrade") -> str:
    """The command with these arguments as a person types it."""
    words = ["penstock", command, str(job)]
    words += [word for overlay in overlays for word in ("--overlay", str(overlay))]
    words += [word for setting in settings for word in ("--set", setting)]
    return shlex.join([*words, *(["--target", target] if target != "session" else [])])


def _continues(started: Started, last: Deployment | None) -> bool:
    """Whether the job that ran before was left running."""
    return last is not None and last.job_id == started.job_id


def replaced(output: str, started: Started, comparison: Comparison, done: str) -> None:
    """Print what an upgrade or a rollback has done; `done` is its verb, such as `upgraded`."""
    # A job that keeps running unchanged was not started from a savepoint.
    since = f", from {started.savepoint}" if started.savepoint else ""
    text = f"{comparison.text(done=done)}\n{started.name} is {started.state} as {started.job_id}{since}"
    answer(output, text, {**started.__dict__, "changes": comparison.as_dict()})
