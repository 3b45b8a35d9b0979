"""`penstock run`: run a job in a mini-cluster on this machine."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.connectors.config.problems import RunError
from penstock.scripts.commands.options import folders, job_file, loaded

if TYPE_CHECKING:
    from penstock.jobs.pipeline.pipeline import Pipeline
    from penstock.scripts.local.output import Writer
    from penstock.scripts.local.runner import Outcome


@click.command(name="run")
@job_file
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many rows of the console sink.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), help="Stop so many seconds after the job has started."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["jsonl", "table"]),
    default="jsonl",
    show_default=True,
    help="Print the rows of the console sink as JSON Lines or as a table.",
)
@click.option("--quiet", is_flag=True, help="Print no progress and no summary.")
def command(
    job: Path, overlays: Any, settings: Any, limit: int | None, timeout: float | None, style: str, quiet: bool
) -> None:
    """Run JOB in a mini-cluster on this machine. It needs no cluster, no Docker and no Java installation.

    Rows of the console sink go to standard output, progress to standard error. Ctrl-C stops the job with a savepoint.

    \b
    Examples:
      penstock run conf/jobs/uppercase_filter.yaml
      penstock run job.yaml --limit 10 --format table
      penstock run job.yaml --set source.kafka.topic=orders --timeout 30
    """
    from penstock.scripts.local.output import STARTING, Writer

    with Writer(sys.stdout.buffer, sys.stderr, style, quiet) as writer:
        writer.say(STARTING)  # before what takes a second: reading the job file needs every connector's model
        from penstock.scripts.config.user_code import check_modules
        from penstock.scripts.local.runner import Options, run

        config = loaded(job, overlays, settings)
        places = folders(job)
        check_modules(config, places)
        if limit and not any(sink.capabilities.prints for sink in config.pipeline.sinks()):
            raise click.UsageError("--limit counts the rows of the console sink, and the job has none: use --timeout")
        if config.pipeline.exactly_once:
            _warn_of_a_copy(config.pipeline, writer)
        writer.columns = config.pipeline.output_columns()
        name, options = config.pipeline.name, Options(limit, timeout, writer.rows, writer.live, writer.say)
        try:
            with config.placed():
                outcome = run(config.pipeline, options, places)
        except KeyboardInterrupt:
            writer.summary(f"{name}: interrupted: rows written since the last checkpoint, if any, are not committed")
            sys.exit(130)
        ended = {
            "finished": "finished",
            "limit": f"stopped after --limit {limit}",
            "timeout": f"stopped after --timeout {timeout:g}" if timeout else "",
            "interrupted": "stopped",
        }
        writer.summary(f"{name}: {ended[outcome.ended]}: {_counts(outcome)}, {outcome.seconds:.1f} s")
        if outcome.cancelled:
            writer.summary(
                f"{name}: cancelled, because it could not be stopped with a savepoint: {outcome.cancelled}\n"
                "  rows since its last checkpoint are counted above, but are neither committed nor visible"
            )
    if outcome.ended == "interrupted":
        sys.exit(130)


def _warn_of_a_copy(pipeline: Pipeline, writer: Writer) -> None:
    """Say that the job runs on a cluster too: the run has transactional ids of its own, so nothing prevents it from writing rows again."""
    from penstock.scripts.cluster.transactions import running_clients

    with contextlib.suppress(RunError):  # no broker answers: the run says so itself
        if found := running_clients(pipeline):
            writer.warn(
                f"{pipeline.name}: warning: this job also runs on a cluster ({'; '.join(found[:3])}): this run writes rows to the same "
                "topics again"
            )


def _counts(outcome: Outcome) -> str:
    """The counts, and what must be known to compare them with what can be read."""
    text = outcome.progress.text(outcome.ended == "finished")
    if outcome.left_out:
        text += f" ({outcome.left_out:,} rows above --limit reached the console and are not shown)"
    return text if outcome.progress.final else f"{text} (Flink did not report its final counts)"
