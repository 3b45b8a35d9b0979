"""How commands print: results on standard output, as text, table or JSON; steps and notes on standard error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from penstock.scripts.console.console import results
from penstock.scripts.console.steps import Steps, steps
from penstock.scripts.console.table import Table

_STEPS = "penstock.steps"
_QUIET = "penstock.quiet"


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--quiet`, for commands that show steps."""

    def keep(context: click.Context, option: click.Parameter, value: bool) -> None:
        context.meta[_QUIET] = value

    return click.option(
        "--quiet", is_flag=True, expose_value=False, callback=keep, help="Show the result only, no progress."
    )(function)


def progress() -> Steps:
    """The steps of this command. They end with its result, or with the command."""
    context = click.get_current_context()
    if _STEPS not in context.meta:
        json_wanted = "json" in (context.params.get("output"), context.params.get("style"))
        context.meta[_STEPS] = found = steps(context.meta.get(_QUIET, False) or json_wanted)
        context.find_root().call_on_close(found.end)
        context.call_on_close(found.end)
    shown: Steps = context.meta[_STEPS]
    return shown


def step(text: str, worth_a_line: bool = True) -> None:
    """A step of the command begins: see `Steps.step`."""
    progress().step(text, worth_a_line)


def say(text: str) -> None:
    """Print a note on standard error."""
    progress().say(text)


def answer(output: str, text: str, data: Any, meaning: str = "") -> None:
    """Print a result for a person, or as JSON for a program. `meaning` colours it in a terminal: good, warn or bad."""
    progress().end()
    if output == "json":
        click.echo(json.dumps(data, indent=2))
    else:
        results().line(text, meaning)


def tabled(output: str, table: Table, data: Any) -> None:
    """Print a table for a person, or its data as JSON for a program."""
    progress().end()
    if output == "json":
        click.echo(json.dumps(data, indent=2))
    else:
        results().table(table)


def confirm(question: str) -> None:
    """Ask a person, for a command with the option `--yes`. Raises Abort for no, and UsageError when standard input ends."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort as problem:
        if not isinstance(problem.__context__, EOFError):
            raise
        click.echo(err=True)
        raise click.UsageError("standard input ended without an answer: use --yes") from None
    if not agreed:
        raise click.Abort
