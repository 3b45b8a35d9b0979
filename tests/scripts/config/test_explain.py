"""Errors of pydantic as problems. tests/scripts/config/bad has complete job files with their messages."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, ValidationError

from penstock.connectors.config.columns import ColumnNames, ColumnTypes
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import Problem
from penstock.connectors.kafka.config import Start
from penstock.scripts.config.explain import problems, shown


class Inner(Config):
    written: ClassVar[str] = "{size: 3}"

    size: Annotated[int, Field(ge=1, lt=10)] = 1
    """How large it is. In metres."""


class Whole(Config):
    text: str = ""
    flag: bool = False
    ratio: Annotated[float, Field(gt=0, le=1)] = 0.5
    names: Annotated[list[str], Field(min_length=1, max_length=2)] = ["a"]
    short: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    mode: Literal["fast", "slow"] = "fast"
    code: Annotated[str, Field(pattern="^[a-z]$")] = "a"
    inner: Inner = Inner()
    either: int | list[str] = 1


class Needed(Config):
    size: int
    """How large it is. In metres."""


class Many(Config):
    columns: ColumnTypes = {}
    named: dict[str, Inner] = {}
    properties: dict[str, str] = {}
    """Properties, such as `{linger: 50}`."""
    others: dict[str, str] = {}
    key: ColumnNames = ["a"]
    start: Start = "group"


def explained(model: type[Config], **document: Any) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return problems(caught.value.errors(include_url=False), model, document)


@pytest.mark.parametrize(
    ("key", "value", "found", "allowed", "do"),
    [
        ("text", 5, "5", "a text", 'quote it: "5"'),
        ("text", True, "true", "a text", 'quote it: "true"'),
        ("text", ["x"], "a list of 1", "a text", "write a text"),
        ("flag", "yes", '"yes"', "true or false", "write true"),
        ("flag", "OFF", '"OFF"', "true or false", "write false"),
        ("flag", "maybe", '"maybe"', "true or false", "write true or false"),
        ("ratio", "0.5", '"0.5"', "a number", "remove the quotes"),
        ("ratio", "half", '"half"', "a number", "write a number"),
        ("ratio", 0, "0", "above 0.0", "change the number"),
        ("ratio", 1.5, "1.5", "at most 1.0", "change the number"),
        ("names", [], "a list of 0", "at least 1 item", "add more"),
        ("names", ["a", "b", "c"], "a list of 3", "at most 2 items", "shorten it"),
        ("names", "a", '"a"', "a list", "write a list"),
        ("short", "a", '"a"', "at least 2 characters", "add more"),
        ("short", "abcd", '"abcd"', "at most 3 characters", "shorten it"),
        ("mode", "fats", '"fats"', "fast, slow", 'did you mean "fast"?'),
        ("mode", "zzzz", '"zzzz"', "fast, slow", "write one of the allowed values"),
        ("code", "A", '"A"', "a text that matches ^[a-z]$", "change the text"),
        ("inner", 3, "3", "keys and values", "write it like inner: {size: 3}"),
        ("inner", "size:3", '"size:3"', "keys and values", "write a space after the colon: size: 3"),
    ],
)
def test_a_wrong_value_is_reported_with_what_is_allowed_and_what_to_do(
    key: str, value: Any, found: str, allowed: str, do: str
) -> None:
    assert explained(Whole, **{key: value}) == [Problem((key,), found, allowed, do)]


@pytest.mark.parametrize(
    ("size", "found", "allowed"),
    [(0, "0", "at least 1"), (10, "10", "below 10"), (1.5, "1.5", "a whole number"), (True, "true", "a whole number")],
)
def test_a_wrong_number_below_another_key_has_its_whole_path(size: Any, found: str, allowed: str) -> None:
    [problem] = explained(Whole, inner={"size": size})
    assert (problem.path, problem.found, problem.allowed) == (("inner", "size"), found, allowed)


def test_an_unknown_key_is_reported_with_the_keys_of_its_own_mapping() -> None:
    assert explained(Whole, inner={"sise": 1}) == [
        Problem(("inner", "sise"), '"sise", which is not a key here', "size", 'did you mean "size"?', True)
    ]
    [problem] = explained(Whole, zzz=1)
    assert problem.allowed == "code, either, flag, inner, mode, names, ratio, short, text"
    assert problem.do == "remove the key"


@pytest.mark.parametrize(
    ("key", "value", "allowed", "do"),
    [
        ("columns", "hello", "keys and values", "write it like columns: {id: bigint, name: string}"),
        ("named", 1, "keys and values", "write it like named: {NAME: {size: 3}}"),
        ("named", {"a": 1}, "keys and values", "write it like a: {size: 3}"),
        ("properties", [], "keys and values", "write it like properties: {linger: 50}"),
        ("others", "x", "keys and values", "write it like others: {NAME: ...}"),
        ("key", 7, "a text or a list of texts", "write a text, or a list of texts"),
        ("start", "first", "earliest, latest, group, {timestamp: ...}", "write one of the allowed values"),
    ],
)
def test_each_form_that_a_key_accepts_is_shown(key: str, value: Any, allowed: str, do: str) -> None:
    [problem] = explained(Many, **{key: value})
    assert (problem.allowed, problem.do) == (allowed, do)


@pytest.mark.parametrize("word", ["sise", "Size", "size:3"])
def test_a_required_key_under_a_wrong_name_is_one_problem(word: str) -> None:
    [problem] = explained(Needed, **{word: 3})
    assert problem.path == (word,)


def test_a_required_key_beside_an_unknown_one_is_a_problem_of_its_own() -> None:
    assert [problem.do for problem in explained(Needed, zzz=3)] == [
        "remove the key", "add size: ...   (How large it is)"
    ]  # fmt: skip


def test_a_missing_key_is_reported_at_its_parent_with_the_first_sentence_of_its_help() -> None:
    expected = ('no key "size"', 'the key "size", which is required', "add size: ...   (How large it is)", True)
    assert explained(Needed) == [Problem((), *expected)]


def test_a_key_without_a_value_is_reported_with_its_help() -> None:
    expected = Problem(("size",), "no value after size:", "How large it is", "write a value")
    assert explained(Needed, size=None) == [expected]


def test_the_errors_of_all_members_of_a_union_are_one_problem() -> None:
    expected = Problem(("either",), '"x"', "a whole number or a list", "write a whole number or a list")
    assert explained(Whole, either="x") == [expected]


def test_every_error_is_reported() -> None:
    assert {problem.path for problem in explained(Whole, text=1, mode="x", inner={"size": 0})} == {
        ("text",), ("mode",), ("inner", "size")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (False, "false"),
        (1.5, "1.5"),
        ("a", '"a"'),
        ("a\nb\x00", '"a\\nb\\x00"'),
        ("é", '"é"'),
        ([1, 2], "a list of 2"),
        ({"a": 1, "b": 2}, "keys and values (a, b)"),
        ("x" * 100, '"' + "x" * 76 + "..."),
        (10**100, "1" + "0" * 76 + "..."),
    ],
)
def test_a_value_is_shown_short_and_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_many_keys_are_cut_off() -> None:
    assert len(shown({f"key_{number}": 1 for number in range(100)})) == 80
