"""`penstock run`: a job in a mini-cluster on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from scripts.commands.options import folders, job_file, loaded


@click.command(name="run")
@job_file
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many rows on the console.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Stop after this many seconds.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["jsonl", "table"]),
    default="jsonl",
    help="How the console sink's rows are shown.",
)
@click.option("--quiet", is_flag=True, help="No progress line and no summary.")
def command(
    job: Path, overlays: Any, settings: Any, limit: int | None, timeout: float | None, style: str, quiet: bool
) -> None:
    """Run JOB here, in a mini-cluster: no cluster, no Docker, no Java to install.

    Rows of the console sink go to standard output, progress to standard error.
    """
    from scripts.local.output import Writer
    from scripts.local.run import Options, run
    from scripts.modules import check_modules

    config = loaded(job, overlays, settings)
    places = folders(job)
    check_modules(config, places)
    columns = config.pipeline.gives()
    with Writer(sys.stdout.buffer, sys.stderr, columns, style, quiet) as writer:
        outcome = run(config.pipeline, Options(limit, timeout, writer.rows, writer.live, writer.starting), places)
        ended = {
            "finished": "finished",
            "limit": f"stopped after --limit {limit}",
            "timeout": f"stopped after --timeout {timeout:g}" if timeout else "",
            "interrupted": "stopped",
        }
        writer.summary(
            f"{config.pipeline.name}: {ended[outcome.ended]}: {outcome.progress.text()}, {outcome.seconds:.1f} s"
        )
    if outcome.ended == "interrupted":
        raise KeyboardInterrupt
