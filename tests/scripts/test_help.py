"""Help: plain English with examples that are right."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from penstock.scripts.commands.groups import first_sentence
from penstock.scripts.main import cli


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = [pytest.param(path, command, id=" ".join(path)) for path, command in commands()]


def shown(*path: str) -> str:
    done = CliRunner().invoke(cli, [*path, "--help"], terminal_width=80)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_command_has_examples_that_name_real_commands_and_options(
    path: tuple[str, ...], command: click.Command
) -> None:
    text = shown(*path)
    assert "\n  Examples:\n" in text
    examples = [line.strip() for line in text.split("\n  Examples:\n")[1].split("\n\n")[0].splitlines()]
    assert examples
    for example in examples:
        [typed] = re.findall(r"penstock ([^>)]+)", example)
        words = shlex.split(typed.replace('"', ""))
        assert (words[0] == path[0]) or path == ("upgrade",), example
        help_text = shown(*words[: 2 if words[0] in ("stack", "topics", "dlq", "txn") else 1])
        for option in (word for word in words if word.startswith("--")):
            assert f"{option} " in help_text or f"{option}\n" in help_text, f"{example}: {option} does not exist"


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_help_begins_with_a_whole_sentence_in_the_imperative(
    path: tuple[str, ...], command: click.Command
) -> None:
    first = first_sentence(command)
    assert re.match(r"[A-Z][a-z]+,? ", first), first
    assert first.split()[0] not in ("A", "The", "An", "What", "How", "Why", "This"), first
    assert len(first) < 150, first


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_option_has_help(path: tuple[str, ...], command: click.Command) -> None:
    bare = [one.name for one in command.params if isinstance(one, click.Option) and not (one.help or one.hidden)]
    assert not bare
