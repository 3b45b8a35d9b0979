"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from scripts.config.load import Loaded, load

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def job_file(function: Callable[..., Any]) -> Callable[..., Any]:
    """`JOB`, `--overlay` and `--set`, in the order in which they count."""
    function = click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set one key, such as source.kafka.topic=orders. Wins over overlays.",
    )(function)
    function = click.option(
        "--overlay",
        "overlays",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A YAML file merged over the job file. Later ones win.",
    )(function)
    return click.argument("job", type=click.Path(path_type=Path))(function)


def loaded(job: Path, overlays: tuple[Path, ...], settings: tuple[str, ...]) -> Loaded:
    """The checked job file of these options. Raises ConfigError."""
    return load(job, overlays, settings)


def folders(job: Path) -> list[Path]:
    """Where a user's Python modules are looked for: beside the job file, then the current folder."""
    return list(dict.fromkeys([job.parent.absolute(), Path.cwd()]))
