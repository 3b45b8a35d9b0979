"""A command with subcommands: its help shows the whole first sentence of each, and a wrong name has advice."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import click

from penstock.connectors.config import texts
from penstock.connectors.config.problems import nearest


class Group(click.Group):
    """Click cuts the help of subcommands off after 45 characters, and does not name them where one is wrong; this does."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each subcommand with its first sentence."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(self.commands[name])) for name in self.list_commands(ctx)])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The subcommand. Raises UsageError with the nearest name, or with all names."""
        reject_unknown(ctx, args, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def reject_unknown(ctx: click.Context, args: list[str], names: Collection[str]) -> None:
    """Raise UsageError if the first argument is not one of these names of commands."""
    if args and args[0] not in names and not args[0].startswith("-"):
        hint = nearest(args[0], names) or f"commands: {', '.join(names)}"
        ctx.fail(f'no command "{args[0]}": {hint}')


def first_sentence(command: click.Command) -> str:
    """The first sentence of a command's help."""
    return f"{texts.first_sentence(command.help or '')}."
