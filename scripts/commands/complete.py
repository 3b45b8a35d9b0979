"""What the shell completes: job files, targets, deployed jobs, topics, connectors. Nothing is started. Names that
cannot be found are not shown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_SUFFIXES = (".yaml", ".yml")
_TIMEOUT = 1500  # milliseconds: a person waits for it


def job_files(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """Job files in the folder that is typed, in those whose names begin so, and in conf/jobs; else any file."""
    here = Path(typed if typed.endswith("/") else Path(typed).parent)
    with contextlib.suppress(OSError):
        folders = [here, *(path for path in here.iterdir() if path.is_dir() and path.name[:1] != ".")]
        files = {
            str(file)
            for folder in [*folders, Path("conf/jobs")]
            if folder.is_dir()
            for file in folder.iterdir()
            if file.suffix in _SUFFIXES and not file.stem.endswith("_test") and not file.name.startswith(".")
        }
        if found := _that_begin(files, typed.removeprefix("./")):
            return found
    return [CompletionItem(typed, type="file")]


def targets(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """The names of target files, those that Penstock brings among them."""
    folders = (Path("conf/targets"), Path(__file__).parents[1] / "targets" / "shipped")
    return _that_begin({file.stem for folder in folders for file in folder.glob("*.yaml")}, typed)


def deployed(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """The names of the jobs in the ledger."""
    from penstock.connectors.config.problems import RunError
    from penstock.scripts.cluster.ledger import Ledger

    with contextlib.suppress(RunError):
        return _that_begin(Ledger(context.params.get("ledger") or Path(".penstock")).names(), typed)
    return []


def topics(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """The topics of the brokers, Kafka's own left out."""
    with contextlib.suppress(Exception):  # a completion has no way to say what is wrong
        return _that_begin(_topics(context.params), typed)
    return []


def sources(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """The names of the sources."""
    from penstock.connectors.registry import SOURCES

    return _that_begin(SOURCES, typed)


def sinks(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """The names of the sinks."""
    from penstock.connectors.registry import SINKS

    return _that_begin(SINKS, typed)


def kinds(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    """The kinds of jobs."""
    from penstock.jobs import JOBS

    return _that_begin(JOBS, typed)


def _topics(params: dict[str, Any]) -> list[str]:
    import logging

    from kafka import KafkaAdminClient

    from penstock.connectors.kafka.client import arguments
    from penstock.scripts.stack.addresses import kafka

    logging.disable(logging.CRITICAL)
    where = kafka(params.get("bootstrap")).split(",")
    client = KafkaAdminClient(
        bootstrap_servers=where, request_timeout_ms=_TIMEOUT, bootstrap_timeout_ms=_TIMEOUT,
        **arguments(params.get("security")),
    )  # fmt: skip
    with contextlib.closing(client):
        return [str(name) for name in client.list_topics() if not name.startswith("__")]


def _that_begin(names: Iterable[str], typed: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(set(names)) if name.startswith(typed)]
