"""`penstock show`: the effective job file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import job_file, loaded
from penstock.scripts.config.scrub import effective


@click.command(name="show")
@job_file
def command(job: Path, overlays: Any, settings: Any) -> None:
    """Print JOB as it will run: overlays, settings and variables put in, secrets scrubbed."""
    click.echo(effective(loaded(job, overlays, settings)), nl=False)
