from __future__ import annotations

import json

from penstock.connectors.config.problems import ConfigError, Problem, RunError

WHOLE = RunError("it failed", "a", "b or c", "write b", "job.yaml:3:1", ["  in  a step"])


def test_an_error_is_rendered_in_one_form() -> None:
    assert str(WHOLE).splitlines() == [
        "job.yaml:3:1: it failed",
        "  in  a step",
        "  found    a",
        "  allowed  b or c",
        "  do       write b",
    ]
    assert str(RunError("it failed")) == "it failed"


def test_the_fields_of_an_error_are_plain_data() -> None:
    assert json.loads(json.dumps(WHOLE.as_dict())) == {
        "head": "it failed", "found": "a", "allowed": "b or c", "do": "write b", "where": "job.yaml:3:1",
        "details": ["  in  a step"], "others": [],
    }  # fmt: skip


def test_the_headline_is_one_line_even_where_the_cause_has_several() -> None:
    error = RunError("it failed: one\ntwo", details=["three"])
    assert (error.head, error.details) == ("it failed: one", ("two", "three"))
    assert str(error) == "it failed: one\ntwo\nthree"


def test_an_error_because_of_another_keeps_what_that_one_says() -> None:
    error = RunError.because("small", WHOLE, do="try again")
    assert error.head == "small: it failed"
    assert (error.found, error.allowed, error.details) == (WHOLE.found, WHOLE.allowed, WHOLE.details)
    assert error.do == "write b; then try again"
    assert RunError.because("small", WHOLE).do == "write b"
    assert RunError.because("small", RunError("it failed"), do="try again").do == "try again"


def test_several_errors_come_together_each_once() -> None:
    first, second = ConfigError("a", where="x:1"), ConfigError("b", where="x:2")
    error = ConfigError.together([first, ConfigError.together([second, first])])
    assert str(error) == "x:1: a\nx:2: b"
    assert (error.where, [other.where for other in error.others]) == ("x:1", ["x:2"])
    assert error.exit_code == 2


def test_a_finding_without_its_file_names_the_job() -> None:
    error = Problem(("job", 0, "value"), "x", "y", "z").error("small")
    assert (error.head, error.found, error.allowed, error.do) == ("small: job.0.value", "x", "y", "z")
