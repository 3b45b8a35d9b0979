from __future__ import annotations

from typing import Any

import pytest

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.config.tree import parse
from penstock.scripts.config.variables import substitute


def value(text: str, **environ: str) -> Any:
    tree = parse(f"key: {text}", "job.yaml")
    substitute(tree, environ)
    return tree.value["key"]


@pytest.mark.parametrize("text", ["${KAFKA:localhost:9092}", "${KAFKA:-localhost:9092}"])
def test_a_default_may_use_the_form_of_the_shell(text: str) -> None:
    assert value(text) == "localhost:9092"
    assert value(text, KAFKA="broker:1") == "broker:1"


def test_an_empty_variable_uses_the_default_in_the_shell_form_only() -> None:
    assert value("${A:-default}", A="") == "default"
    assert value("x${A:default}", A="") == "x"


def test_a_default_that_begins_with_a_dash_needs_two_dashes() -> None:
    assert value("${A:--5}") == -5
    assert value("${A:-5}") == 5


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("${A-x}", "write ${A:-x}"),
        ("${A:=x}", "write ${A} for a required variable, or ${A:-=x} for a default"),
        ("${A:?x}", "write ${A} for a required variable, or ${A:-?x} for a default"),
        ("${A:+x}", "write ${A} for a required variable, or ${A:-+x} for a default"),
        ("${A%x}", "write ${A}: other forms of the shell are not supported"),
        ("${A", "add the closing }"),
    ],
)
def test_another_form_of_the_shell_is_an_error_with_a_correction(text: str, do: str) -> None:
    with pytest.raises(ConfigError, match=r"job\.yaml:1:6: key") as caught:
        value(text, A="set")
    assert do in str(caught.value)
