"""`penstock stack`: start, inspect and stop a Kafka broker, a Flink cluster and servers on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from penstock.connectors.config.problems import RunError
from penstock.scripts.commands.groups import Group
from penstock.scripts.commands.options import output_option
from penstock.scripts.commands.output import answer, progress, quiet, say, step
from penstock.scripts.console.console import results
from penstock.scripts.stack.addresses import STACK
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.kafka import Broker
from penstock.scripts.stack.server import USER
from penstock.scripts.stack.servers import SERVERS

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=STACK,
    show_default=True,
    help="The folder of its data and logs.",
)
_PORT = click.IntRange(1, 65535)


def _server_ports(command: Any) -> Any:
    """Add the option with the port of each server."""
    for one in reversed(SERVERS.values()):
        text = f"{one.title}'s port. Left out: the previous one, else {one.port}, else a free one."
        command = click.option(f"--{one.name}-port", type=_PORT, help=text)(command)
    return command


@click.group(name="stack", cls=Group)
def command() -> None:
    """Run real servers of Kafka, Flink and other systems on this machine, without Docker or a Java installation.

    \b
    Examples:
      penstock stack up
      penstock stack status
      penstock stack down
    """


@command.command()
@_FOLDER
@click.option("--only", type=click.Choice(["kafka", "flink", *SERVERS]), help="Start only this server.")
@click.option(
    "--with", "more", type=click.Choice(list(SERVERS)), multiple=True, help="Start this server, too. Repeatable."
)
@click.option("--port", type=_PORT, help="Kafka's port. Left out: the previous one, else 9092, else a free one.")
@click.option("--rest-port", type=_PORT, help="Flink's port. Left out: the previous one, else 8081, else a free one.")
@_server_ports
@click.option("--taskmanagers", type=click.IntRange(1, 16), default=2, show_default=True, help="TaskManagers to start.")
@click.option("--slots", type=click.IntRange(1, 64), default=2, show_default=True, help="Slots of each TaskManager.")
@click.option("--ha", is_flag=True, help="Start two JobManagers and ZooKeeper: one takes over when the other dies.")
@click.option("--token-url", "token_urls", multiple=True, help="An OAuth token endpoint that jobs may use. Repeatable.")
@quiet
def up(
    folder: Path, only: str | None, more: tuple[str, ...], port: int | None, rest_port: int | None, taskmanagers: int, slots: int,
    ha: bool, token_urls: tuple[str, ...], **server_ports: int | None,
) -> None:  # fmt: skip
    """Start Kafka and Flink, and wait until they answer. Their data stays after `stack down`.

    Job files with `${KAFKA:...}` and the target `session` find the stack of the folder in which you start a command, unless the
    environment has KAFKA or FLINK.

    \b
    Examples:
      penstock stack up
      penstock stack up --only kafka
      penstock stack up --with postgres
      penstock stack up --taskmanagers 3 --ha
    """
    if unused := [name for name in SERVERS if server_ports[f"{name}_port"] and name not in (only, *more)]:
        raise click.UsageError(f"--{unused[0]}-port without --with {unused[0]}")
    done = []
    for name in dict.fromkeys((only, *more)):
        if name in SERVERS:
            server = SERVERS[name](folder)
            if not server.address:
                step(f"starting {server.title}")
            address = server.start(server_ports[f"{name}_port"], say)
            done.append(f"{name} is up at {address}; user {USER}, password in {server.folder / 'password'}")
    if only in (None, "kafka"):
        broker = Broker(folder)
        if not broker.ready:
            step("starting Kafka")
        done.append(f"kafka is up at {broker.start(port, say=say)}")
    for server in (kind(folder) for kind in SERVERS.values()):
        if server.address:  # also one that was started before: its jobs run on the cluster that starts now
            server.export_password()
    if only in (None, "flink"):
        cluster = FlinkCluster(folder)
        if not cluster.slots():
            step("starting Flink")
        done.append(f"flink is up at {cluster.start(rest_port, taskmanagers, slots, ha, token_urls, say)}")
    progress().end()
    for text in done:
        results().line(text, "good")


@command.command()
@_FOLDER
@output_option
def status(folder: Path, output: str) -> None:
    """Show what runs. Exit 1 when something that was started does not run.

    \b
    Examples:
      penstock stack status
      penstock stack status --output json
    """
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
    servers = [server for kind in SERVERS.values() if (server := kind(folder)).service.process]
    for server in servers:
        found[server.name] = {"address": server.address, "ready": server.ready, "log": str(server.service.log)}
    if output == "json":
        answer(output, "", found)
    else:
        for name, part in found.items():
            state = "is up" if part["ready"] else "is not ready" if part["address"] else "is down"
            where = f" at {part['address']}" if part["address"] else ""
            results().line(f"{name} {state}{where}", "good" if part["ready"] else "bad" if part["address"] else "")
        if slots:
            results().line(f"  {slots[0]} of {slots[1]} slots free")
        for name, alive in services.items():
            results().line(f"  {name} {'runs' if alive else 'does not run'}", "" if alive else "bad")
    parts = {"kafka": broker.service.process, "flink": cluster.layout}
    started = [*(name for name, there in parts.items() if there), *(server.name for server in servers)]
    if not started or not all(found[name]["ready"] for name in started):
        raise SystemExit(1)


@command.command()
@_FOLDER
@click.option("--remove", is_flag=True, help="Delete the data too.")
@quiet
def down(folder: Path, remove: bool) -> None:
    """Stop the servers and every process that they started. Topics, tables and savepoints stay unless you add --remove.

    \b
    Examples:
      penstock stack down
      penstock stack down --remove
    """
    broker, cluster = Broker(folder), FlinkCluster(folder)
    servers = [kind(folder) for kind in SERVERS.values()]
    folders = [cluster.folder, *(server.folder for server in servers)]
    ours = (folder / "server.properties").exists() or any(one.exists() for one in folders)
    if remove and folder.exists() and not ours:
        raise RunError(
            f"stack: {folder} is not the folder of a stack, and was not deleted", do="name the --folder of stack up"
        )
    highly_available = cluster.layout is not None and cluster.layout.zookeeper is not None
    running = cluster.running_jobs()
    step("stopping", worth_a_line=False)
    stopped = {"flink": cluster.stop(), "kafka": broker.stop()}
    stopped |= {server.name: server.stop() for server in servers}
    progress().end()
    for name, was in stopped.items():
        if was:
            click.echo(f"{name} stopped")
    for job in running:
        click.echo(f"{job} was running{_continues(job, remove, highly_available)}")
    if not any(stopped.values()):
        click.echo("nothing was running")
    if remove:
        for server in servers:
            server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _continues(job: str, remove: bool, highly_available: bool) -> str:
    """How a job that ran until the stack stopped can continue."""
    if remove:
        return "; its checkpoints are deleted"
    if highly_available:  # a JobManager that finds its jobs in ZooKeeper may start them again by itself
        return f"; penstock status {job} shows what became of it after the next stack up"
    return f"; penstock resume {job} continues it from its last checkpoint after the next stack up"
