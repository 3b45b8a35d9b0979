"""`penstock stack`: a real Kafka on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from connectors.problems import RunError
from scripts.stack.kafka import Broker

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path(".penstock/stack"),
    show_default=True,
    help="Where its data and logs are.",
)


@click.group(name="stack")
def command() -> None:
    """A real Kafka broker on this machine, with no Docker and no Java to install."""


@command.command()
@_FOLDER
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=9092,
    show_default=True,
    help="Wanted port; another is taken when it is not free.",
)
def up(folder: Path, port: int) -> None:
    """Start it, and wait until it answers. Its data outlives it."""
    address = Broker(folder).start(port)
    click.echo(f"kafka is up at {address}")
    if address != "127.0.0.1:9092":
        click.echo(f"  export KAFKA={address}   # shipped job files read ${{KAFKA:localhost:9092}}", err=True)


@command.command()
@_FOLDER
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def status(folder: Path, output: str) -> None:
    """Say whether it is up. Exit 1 when it is not."""
    broker = Broker(folder)
    address, ready = broker.address, broker.ready
    if output == "json":
        click.echo(json.dumps({"kafka": {"address": address, "ready": ready, "log": str(broker.log)}}))
    else:
        state = "is up" if ready else "is starting" if address else "is down"
        click.echo(f"kafka {state}" + (f" at {address}" if address else ""))
    if not ready:
        raise SystemExit(1)


@command.command()
@_FOLDER
@click.option("--remove", is_flag=True, help="Delete its data too.")
def down(folder: Path, remove: bool) -> None:
    """Stop it. Topics and offsets stay, unless --remove is said."""
    broker = Broker(folder)
    if remove and folder.exists() and not (folder / "server.properties").exists():
        raise RunError(
            f"stack: {folder} is not a stack's folder: it is not deleted", do="name the --folder of stack up"
        )
    was = broker.stop(remove)
    click.echo("kafka stopped" if was else "kafka was not running")
