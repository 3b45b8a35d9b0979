"""`penstock completion`: the script with which a shell completes commands, options, job files, targets, jobs and topics."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command(name="completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL. Evaluate it in the start file of your shell.

    \b
    Examples:
      eval "$(penstock completion bash)"
      penstock completion fish > ~/.config/fish/completions/penstock.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"this version of click has no completion for {shell}")
    click.echo(kind(context.find_root().command, {}, "penstock", "_PENSTOCK_COMPLETE").source())
