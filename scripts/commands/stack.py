"""`penstock stack`: a real Kafka and a real Flink cluster on this machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from penstock.connectors.base.problems import RunError
from penstock.scripts.stack.addresses import STACK
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.kafka import Broker

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=STACK,
    show_default=True,
    help="Where its data and logs are.",
)
_PORT = click.IntRange(1, 65535)


@click.group(name="stack")
def command() -> None:
    """A real Kafka broker and a real Flink cluster on this machine, with no Docker and no Java to install."""


@command.command()
@_FOLDER
@click.option("--only", type=click.Choice(["kafka", "flink"]), help="Start one of the two.")
@click.option("--port", type=_PORT, help="Kafka's port. Left out: that of last time, else 9092, else a free one.")
@click.option("--rest-port", type=_PORT, help="Flink's port. Left out: that of last time, else 8081, else a free one.")
@click.option("--taskmanagers", type=click.IntRange(1, 16), default=2, show_default=True, help="How many.")
@click.option("--slots", type=click.IntRange(1, 64), default=2, show_default=True, help="Slots of each TaskManager.")
@click.option("--ha", is_flag=True, help="Two JobManagers and ZooKeeper: one takes over when the other dies.")
@click.option("--token-url", "token_urls", multiple=True, help="An OAuth token endpoint that jobs may ask. Repeatable.")
def up(
    folder: Path, only: str | None, port: int | None, rest_port: int | None, taskmanagers: int, slots: int, ha: bool,
    token_urls: tuple[str, ...],
) -> None:  # fmt: skip
    """Start it, and wait until it answers. Its data outlives it.

    Job files with `${KAFKA:...}` and the target `session` find the stack of the folder in which a command is started, unless the
    environment has KAFKA or FLINK.
    """

    def say(text: str) -> None:
        click.echo(text, err=True)

    if only != "flink":
        address = Broker(folder).start(port, say=say)
        click.echo(f"kafka is up at {address}")
    if only != "kafka":
        address = FlinkCluster(folder).start(rest_port, taskmanagers, slots, ha, token_urls, say)
        click.echo(f"flink is up at {address}")


@command.command()
@_FOLDER
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def status(folder: Path, output: str) -> None:
    """Say what is up. Exit 1 when something that was started is not."""
    broker, cluster = Broker(folder), FlinkCluster(folder)
    slots = cluster.slots()
    services = {service.name: service.alive for service in cluster.services()}
    found: dict[str, dict[str, Any]] = {
        "kafka": {"address": broker.address, "ready": broker.ready, "log": str(broker.service.log)},
        "flink": {
            "address": cluster.address,
            "ready": bool(slots) and all(services.values()),
            "slots": {"free": slots[0], "all": slots[1]} if slots else None,
            "services": services,
            "logs": str(cluster.folder),
        },
    }
    if output == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        for name, part in found.items():
            state = "is up" if part["ready"] else "is not ready" if part["address"] else "is down"
            click.echo(f"{name} {state}" + (f" at {part['address']}" if part["address"] else ""))
        if slots:
            click.echo(f"  {slots[0]} of {slots[1]} slots free")
        for name, alive in services.items():
            click.echo(f"  {name} {'runs' if alive else 'does not run'}")
    started = [name for name, there in (("kafka", broker.service.process), ("flink", cluster.layout)) if there]
    if not started or not all(found[name]["ready"] for name in started):
        raise SystemExit(1)


@command.command()
@_FOLDER
@click.option("--remove", is_flag=True, help="Delete its data too.")
def down(folder: Path, remove: bool) -> None:
    """Stop it, with every process that it started. Topics and savepoints stay, unless --remove is said."""
    broker, cluster = Broker(folder), FlinkCluster(folder)
    ours = (folder / "server.properties").exists() or cluster.folder.exists()
    if remove and folder.exists() and not ours:
        raise RunError(
            f"stack: {folder} is not a stack's folder: it is not deleted", do="name the --folder of stack up"
        )
    stopped = {"flink": cluster.stop(), "kafka": broker.stop()}
    for name, was in stopped.items():
        if was:
            click.echo(f"{name} stopped")
    if not any(stopped.values()):
        click.echo("nothing was running")
    if remove:
        shutil.rmtree(folder, ignore_errors=True)
