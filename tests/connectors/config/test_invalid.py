"""Errors of validators: their parts, and the advice about variables of the shell."""

from __future__ import annotations

import pytest

from penstock.connectors.config.invalid import as_variable, invalid


def test_the_error_of_a_validator_carries_its_parts() -> None:
    error = invalid("x {braces}", "y", "z", key="k")
    assert error.type == "penstock"
    assert error.context == {"found": "x {braces}", "allowed": "y", "do": "z", "key": "k"}
    assert error.message() == "x {braces}"
    assert (invalid("x", "y", "z").context or {})["key"] is None


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("$KAFKA", "write ${KAFKA}"),
        ("in/$_a1/b$c", "write ${_a1}"),
        ("${KAFKA}", ""),
        ("$1", ""),
        ("cost $", ""),
        ("$É", ""),
        ("", ""),
    ],
)
def test_a_variable_of_the_shell_is_shown_in_the_form_of_job_files(text: str, advice: str) -> None:
    assert as_variable(text) == advice
