"""`penstock show`: print the effective job file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import job_file, loaded
from penstock.scripts.config.scrub import effective


@click.command(name="show")
@job_file
def command(job: Path, overlays: Any, settings: Any) -> None:
    """Print JOB as it will run, with overlays, settings and variables applied and secrets removed.

    \b
    Examples:
      penstock show job.yaml
      penstock show job.yaml --overlay production.yaml --set flink.parallelism=4
    """
    click.echo(effective(loaded(job, overlays, settings)), nl=False)
