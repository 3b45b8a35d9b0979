"""`penstock doctor`: is this machine fit, and how to fix it where it is not."""

from __future__ import annotations

import json
from pathlib import Path

import click

from penstock.scripts.commands.options import deployments, loaded
from penstock.scripts.local.health import findings, lines


@click.command(name="doctor")
@click.option("--target", help="Look at a target too: versions, Python, jars, checkpoints, what is open.")
@click.option(
    "--job", type=click.Path(path_type=Path), help="Look at a job's brokers too: topics, rights, transaction timeout."
)
@click.option("--no-python", is_flag=True, help="With --target: do not run a job of one row to see its Python.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def command(target: str | None, job: Path | None, no_python: bool, output: str) -> None:
    """Check Python, Java, Flink, jars, cache and Kafka here: a line each, with its cure. Exit 1 when something is bad."""
    found = findings()
    if target:
        from penstock.scripts.cluster import doctor

        found += doctor.findings(deployments(target, Path(".penstock")), not no_python)
    if job:
        from penstock.scripts.cluster import diagnosis

        found += diagnosis.findings(loaded(job, (), ()).pipeline)
    if output == "json":
        click.echo(json.dumps([finding.__dict__ for finding in found], indent=2))
    else:
        click.echo("\n".join(lines(found)))
    if any(finding.state == "bad" for finding in found):
        raise SystemExit(1)
