from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from penstock.scripts.commands.groups import Group, first_sentence
from penstock.scripts.main import cli


@pytest.mark.parametrize("name", ["stack", "topics", "dlq", "txn"])
def test_the_help_of_a_group_is_not_cut_off(name: str) -> None:
    text = CliRunner().invoke(cli, [name, "--help"], terminal_width=80).output
    assert "..." not in text.split("Commands:")[1]


def test_a_group_lists_each_command_with_its_whole_first_sentence() -> None:
    group = Group("things")
    long = "Show everything that is known about each of the things, the newest of them first"
    group.add_command(click.Command("show", help=f"{long}. Nothing is changed.\n\nMore."))
    done = CliRunner().invoke(group, ["--help"], terminal_width=120)
    assert done.output.splitlines()[-2:] == ["Commands:", f"  show  {long}."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Stop a job", "Stop a job."),
        ("Stop a job.", "Stop a job."),
        ("Stop a job\n  of a name. It ends.", "Stop a job of a name."),
        ("Stop a job.\n\nWith a savepoint.", "Stop a job."),
        (None, "."),
    ],
)
def test_the_first_sentence_is_one_line_and_ends_with_one_full_stop(text: str | None, sentence: str) -> None:
    assert first_sentence(click.Command("x", help=text)) == sentence


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["dlq", "list"], 'no command "list": commands: replay, show, stats'),
        (["dlq", "shwo"], 'no command "shwo": did you mean "show"?'),
        (["stack", "foo"], 'no command "foo": commands: down, status, up'),
    ],
)
def test_an_unknown_subcommand_is_an_error_that_names_the_known_ones(words: list[str], hint: str) -> None:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert hint in done.stderr
