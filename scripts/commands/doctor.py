"""`penstock doctor`: is this machine fit, and how to mend it where it is not."""

from __future__ import annotations

import json

import click

from scripts.local.health import findings

_SIGNS = {"ok": "ok  ", "warn": "warn", "bad": "BAD "}


@click.command(name="doctor")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def command(output: str) -> None:
    """Check Python, Java, Flink, jars, cache and Kafka here: a line each, with its cure. Exit 1 when something is bad."""
    found = findings()
    if output == "json":
        click.echo(json.dumps([finding.__dict__ for finding in found], indent=2))
    else:
        for finding in found:
            click.echo(
                f"{_SIGNS[finding.state]} {finding.what}: {finding.found}"
                + (f"\n       do  {finding.do}" if finding.do else "")
            )
    if any(finding.state == "bad" for finding in found):
        raise SystemExit(1)
