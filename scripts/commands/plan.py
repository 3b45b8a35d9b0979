"""`penstock plan`: what a job will do, before it does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from scripts.commands.options import folders, job_file, loaded


@click.command(name="plan")
@job_file
@click.option("--format", "style", type=click.Choice(["text", "mermaid", "json"]), default="text", help="How to print.")
def command(job: Path, overlays: Any, settings: Any, style: str) -> None:
    """Show what JOB will do: its tables, Flink's operators and their parallelism, and what each edge guarantees."""
    from scripts.local.plan import explain, mermaid, text
    from scripts.modules import check_modules

    config = loaded(job, overlays, settings)
    places = folders(job)
    check_modules(config, places)
    plan = explain(config.pipeline, places)
    if style == "json":
        click.echo(json.dumps(plan.as_dict(), indent=2))
    else:
        click.echo(text(plan) if style == "text" else mermaid(plan))
