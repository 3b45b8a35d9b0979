"""`penstock topics`: create, list, write and read topics without Kafka's own tools."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from penstock.connectors.config.problems import ConfigError, RunError, nearest
from penstock.connectors.config.texts import counted
from penstock.connectors.kafka.client import arguments
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.read import batches
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.topics import TOPIC_ALLOWED, is_topic
from penstock.scripts.commands import complete
from penstock.scripts.commands.groups import Group
from penstock.scripts.commands.options import each, output_option
from penstock.scripts.commands.output import progress, quiet, step, tabled
from penstock.scripts.config.client import security_file
from penstock.scripts.console.table import Column, Table
from penstock.scripts.stack.addresses import kafka

_BOOTSTRAP = click.option(
    "--bootstrap", help="The brokers. Left out: $KAFKA, else the stack of this folder, else localhost:9092."
)
_SECURITY = click.option(
    "--security",
    envvar="PENSTOCK_SECURITY",
    show_envvar=True,
    type=click.Path(path_type=Path),
    callback=lambda context, option, file: file and security_file(file),
    help="A YAML file with the key `security:`, as in a job file.",
)


def brokers(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--bootstrap` and `--security`."""
    return each(function, _SECURITY, _BOOTSTRAP)


def _valid(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of topics to create. Raises ConfigError for one that Kafka would reject."""
    for name in names:
        if not is_topic(name):
            do = "write the names of the topics in the job file" if Path(name).is_file() else "correct the name"
            raise ConfigError(
                "topics create: the name of a topic is not valid", found=f'"{name[:60]}"', allowed=TOPIC_ALLOWED, do=do
            )
    return names


@click.group(name="topics", cls=Group)
def command() -> None:
    """Create, list, write and read topics.

    \b
    Examples:
      penstock topics create orders --partitions 4
      penstock topics tail orders --follow
    """


@command.command()
@click.argument(
    "names", metavar="NAME...", nargs=-1, required=True, callback=lambda context, option, names: _valid(names)
)
@click.option(
    "--partitions", type=click.IntRange(1, 10_000), default=1, show_default=True, help="Partitions of each topic."
)
@click.option("--replicas", type=click.IntRange(1, 100), default=1, show_default=True, help="Copies of each partition.")
@click.option("--if-not-exists", is_flag=True, help="Accept a topic that exists, and leave it unchanged.")
@brokers
def create(
    names: tuple[str, ...],
    partitions: int,
    replicas: int,
    if_not_exists: bool,
    bootstrap: str | None,
    security: Security | None,
) -> None:
    """Create the topic NAME, or several topics.

    \b
    Examples:
      penstock topics create orders orders-dead --partitions 4
      penstock topics create orders --if-not-exists
    """
    from kafka.errors import TopicAlreadyExistsError

    there = []
    with closing(admin("topics", kafka(bootstrap), security)) as client:
        for name in names:
            settings = {"num_partitions": partitions, "replication_factor": replicas}
            [answer] = client.create_topics({name: settings}, raise_errors=False)["topics"]
            if answer["error_code"] == TopicAlreadyExistsError.errno:
                there.append(f'"{name}"')
                if if_not_exists:
                    click.echo(f"{name} exists already")
                continue
            if answer["error_code"]:
                do = "correct the name or the number of replicas"
                raise RunError(f'topics: "{name}" could not be created', found=answer["error_message"], do=do)
            click.echo(f"created {name} with {counted(partitions, 'partition')}")
    if there and not if_not_exists:
        verb = "exists" if len(there) == 1 else "exist"
        raise RunError(
            f"topics: {', '.join(there)} {verb} already",
            do="choose another name, or accept the existing topic with --if-not-exists",
        )


@command.command(name="list")
@output_option
@brokers
def list_(output: str, bootstrap: str | None, security: Security | None) -> None:
    """List the topics, without Kafka's internal ones.

    \b
    Examples:
      penstock topics list
      penstock topics list --bootstrap broker:9092 --output json
    """
    with closing(admin("topics", kafka(bootstrap), security)) as client:
        names = sorted(name for name in client.list_topics() if not name.startswith("__"))
    if output == "json":
        click.echo(json.dumps(names))
    elif names:
        tabled(output, Table([Column("topic")], [[name] for name in names]), names)
    else:
        click.echo("no topics", err=True)


@command.command()
@click.argument("name", shell_complete=complete.topics)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--key", help="The field of the JSON object that becomes the key of the record.")
@quiet
@brokers
def produce(name: str, file: Any, key: str | None, bootstrap: str | None, security: Security | None) -> None:
    """Write each line of FILE (or of standard input) as one record to the topic NAME. Empty lines are skipped.

    \b
    Examples:
      penstock topics produce names conf/data/names.jsonl
      penstock topics produce orders orders.jsonl --key user
    """
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    where = kafka(bootstrap)
    _must_exist(name, where, security)
    count = 0
    step(f"writing to {name}", worth_a_line=False)
    try:
        options = {"acks": "all", "linger_ms": 20, **arguments(security)}
        with closing(KafkaProducer(bootstrap_servers=where.split(","), **options)) as producer:
            futures = []
            for number, line in enumerate(file, 1):
                if not (value := line.rstrip(b"\r\n")):
                    continue
                futures.append(producer.send(name, value=value, key=_key(value, key, number)))
                count += 1
                if not count % 1000:
                    progress().detail(f"{count:,} records")
            for future in futures:
                future.get(timeout=30)
    except KafkaError as problem:
        raise RunError(
            f"topics: not all lines were written: {type(problem).__name__}: {problem}",
            do="check that the broker runs and accepts writes",
        ) from None
    progress().end()
    progress().say(f"wrote {counted(count, 'record')} to {name}")


def _key(value: bytes, field: str | None, line: int) -> bytes | None:
    if field is None:
        return None
    try:
        found = json.loads(value)[field]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f'line {line}: the field "{field}" does not exist', do="correct the line, or leave out --key"
        ) from None
    return found.encode() if isinstance(found, str) else json.dumps(found).encode()


@command.command()
@click.argument("name", shell_complete=complete.topics)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many records.")
@click.option("--follow", is_flag=True, help="Wait for more records until Ctrl-C.")
@click.option("--full", is_flag=True, help="Show the key, partition, offset and timestamp too.")
@brokers
def tail(
    name: str, limit: int | None, follow: bool, full: bool, bootstrap: str | None, security: Security | None
) -> None:
    """Print the committed records of the topic NAME from its beginning.

    \b
    Examples:
      penstock topics tail names-upper
      penstock topics tail orders --full --limit 10
    """
    where = kafka(bootstrap)
    _must_exist(name, where, security)
    shown = 0
    for records in batches(where, name, follow, security=security):
        for record in records:
            _show(record, full)
            shown += 1
            if limit and shown >= limit:
                return
        sys.stdout.flush()


def _show(record: Any, full: bool) -> None:
    value = record.value if record.value is not None else b"null"
    if not full:
        sys.stdout.buffer.write(value + b"\n")
        return
    text = value.decode(errors="replace")
    key = None if record.key is None else record.key.decode(errors="replace")
    line = {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": key,
        "value": text,
    }
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _must_exist(name: str, where: str, security: Security | None) -> None:
    with closing(admin("topics", where, security)) as client:
        there = set(client.list_topics())
    if name not in there:
        do = nearest(name, there) or f"penstock topics create {name}"
        raise RunError(
            f'topics: "{name}" does not exist on {where}',
            ", ".join(sorted(t for t in there if t[:2] != "__")[:20]),
            do=do,
        )
