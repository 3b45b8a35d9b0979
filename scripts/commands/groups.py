"""A command with subcommands, whose help shows the whole first sentence of each."""

from __future__ import annotations

import click

from penstock.connectors.base import texts


class Group(click.Group):
    """Click cuts the help of subcommands off after 45 characters; this does not."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each subcommand with its first sentence."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(self.commands[name])) for name in self.list_commands(ctx)])


def first_sentence(command: click.Command) -> str:
    """The first sentence of a command's help."""
    return f"{texts.first_sentence(command.help or '')}."
