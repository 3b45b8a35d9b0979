"""The base class of config models: strict, closed, frozen, and no key without a value."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import pytest
from pydantic import TypeAdapter, ValidationError
from rejection import accepted, rejection

from penstock.connectors.config.model import TAG, Config, OneOf, OneOrMore, one_or_list, registered


class Red(Config):
    """A model with a key that is required and one that is not."""

    written: ClassVar[str] = "{size: 1}"

    size: int
    """How large it is. In metres."""

    note: str = "none"
    """A note."""


class Blue(Config):
    """A model without keys."""


KINDS: dict[str, type[Config]] = {"red": Red, "blue": Blue}
Kind = Annotated[Config, OneOf("colour", KINDS)]
Names = Annotated[list[str], one_or_list("a topic"), OneOrMore()]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"size": "5"}, (("size",), "int_type")),
        ({"size": 5.0}, (("size",), "int_type")),
        ({"size": 5, "sise": 5}, (("sise",), "extra_forbidden")),
        ({}, (("size",), "missing")),
    ],
)
def test_a_model_is_strict_and_closed(value: dict[str, Any], error: tuple[tuple[str, ...], str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Red.model_validate(value)
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [error]


def test_a_model_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Red(size=1).size = 2


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"size": None}, ("no value after size:", "How large it is", "write a value")),
        ({"size": 1, "note": None}, ("no value after note:", "A note", "write a value, or remove the key")),
    ],
)
def test_a_key_without_a_value_is_an_error_and_not_the_default(value: object, error: tuple[str, str, str]) -> None:
    assert rejection(Red, value) == error


def test_one_text_counts_as_a_list_of_one() -> None:
    assert accepted(Names, "a") == accepted(Names, ["a"]) == ["a"]
    assert TypeAdapter(Names).json_schema() == {
        "anyOf": [{"type": "string"}, {"items": {"type": "string"}, "type": "array"}]
    }


def test_a_text_with_commas_is_an_error_that_shows_the_list() -> None:
    assert rejection(Names, "a,b , c") == (
        '"a,b , c", which is one text with commas',
        "a topic, or a list of them",
        "write a list: [a, b, c]",
    )
    found, _, do = rejection(Names, "a," * 500)
    assert (len(found), len(do)) == (len('"", which is one text with commas') + 60, 200)


def test_a_plug_in_is_the_one_key_of_a_mapping() -> None:
    assert accepted(Kind, {"red": {"size": 3}}) == Red(size=3)
    assert accepted(Kind, {"blue": None}) == accepted(Kind, {"blue": {}}) == Blue()
    assert accepted(Kind, Red(size=3)) == Red(size=3)


def test_a_plug_in_is_written_back_with_the_keys_that_were_set() -> None:
    assert TypeAdapter(Kind).dump_python(Red(size=3)) == {"red": {"size": 3}}
    assert TypeAdapter(Kind).dump_python(Red(size=3, note="none")) == {"red": {"size": 3, "note": "none"}}
    assert registered(KINDS, Blue()) == "blue"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, ("nothing in place of a colour", "blue, red", "name one colour and its keys")),
        ({}, ("nothing in place of a colour", "blue, red", "name one colour and its keys")),
        ("red", ("'red' in place of a colour", "blue, red", "name one colour and its keys")),
        ([1], ("[1] in place of a colour", "blue, red", "name one colour and its keys")),
        ("red:{}", ("'red:{}' in place of a colour", "blue, red", "write a space after the colon: red: {}")),
        ({"red": {}, "blue": {}}, ("2 keys (red, blue)", "one colour: blue, red", "keep one of them")),
        ({"rad": {}}, ('"rad", which is not a known colour', "blue, red", 'did you mean "red"?')),
        ({"x": {}}, ('"x", which is not a known colour', "blue, red", "run penstock list colours")),
        ({5: {}}, ('"5", which is not a known colour', "blue, red", "run penstock list colours")),
    ],
)
def test_a_mapping_that_names_no_plug_in_says_which_exist(value: object, error: tuple[str, str, str]) -> None:
    assert rejection(Kind, value) == error


def test_an_error_inside_a_plug_in_has_its_name_in_the_location_twice_and_once_with_a_tag() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Kind).validate_python({"red": {"size": "3"}})
    assert [one["loc"] for one in caught.value.errors()] == [(f"{TAG}red", "red", "size")]


def test_the_json_schema_of_a_plug_in_has_one_form_for_each_name() -> None:
    forms = TypeAdapter(Kind).json_schema()["oneOf"]
    assert [(form["title"], form["required"], form["additionalProperties"]) for form in forms] == [
        ("red", ["red"], False),
        ("blue", ["blue"], False),
    ]
