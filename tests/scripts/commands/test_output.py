from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from penstock.scripts.commands.options import output_option
from penstock.scripts.commands.output import answer, confirm, quiet, say, step, tabled
from penstock.scripts.console.table import Column, Table

DATA = {"name": "größe", "rows": None}


def ran(body: Callable[[str], Any], *words: str) -> Result:
    def command(output: str) -> None:
        step("a: planning")
        step("a: packaging", worth_a_line=False)
        say("a: note")
        body(output)

    done = CliRunner().invoke(click.command()(quiet(output_option(command))), words)
    assert done.exit_code == 0, done.output
    return done


def result(output: str) -> None:
    answer(output, "a is RUNNING", DATA, "good")


def test_the_result_is_on_standard_output_and_steps_are_on_standard_error() -> None:
    done = ran(result)
    assert (done.stdout, done.stderr) == ("a is RUNNING\n", "a: planning\na: note\n")


def test_quiet_leaves_notes_and_the_result() -> None:
    done = ran(result, "--quiet")
    assert (done.stdout, done.stderr) == ("a is RUNNING\n", "a: note\n")


def test_json_is_all_of_standard_output_and_hides_steps() -> None:
    done = ran(result, "--output", "json")
    assert json.loads(done.stdout) == DATA
    assert done.stderr == "a: note\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [([], "job  rows\na       7\n"), (["--output", "json"], '[\n  {\n    "job": "a"\n  }\n]\n')],
)
def test_a_table_is_text_for_a_person_and_data_for_a_program(words: list[str], shown: str) -> None:
    table = Table([Column("job"), Column("rows", right=True)], [["a", "7"]])
    assert ran(lambda output: tabled(output, table, [{"job": "a"}]), *words).stdout == shown


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [("y\n", 0, "Continue?"), ("n\n", 1, "Aborted!"), ("", 2, "ended without an answer: use --yes")],
)
def test_a_question_without_an_answer_names_the_option(typed: str, code: int, said: str) -> None:
    done = CliRunner().invoke(click.command()(lambda: confirm("Continue?")), input=typed)
    assert done.exit_code == code
    assert said in done.stderr
