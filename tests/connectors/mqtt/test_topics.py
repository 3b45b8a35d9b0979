"""Topic filters of MQTT."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from penstock.connectors.mqtt.topics import Filters, overlap

FILTERS: TypeAdapter[list[str]] = TypeAdapter(Filters)


@pytest.mark.parametrize("topic", ["a", "a/b", "a//b", "/", "+", "#", "a/+/b", "+/+", "a/#", "$SYS/#", "Grüße/ 1"])
def test_filters_of_the_standard_are_accepted(topic: str) -> None:
    assert FILTERS.validate_python(topic) == [topic]


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("", "printable characters"),
        ("a\nb", "printable characters"),
        ("${A}", "printable characters"),
        ("a" * 65536, "printable characters"),
        ("a/b+", "+ in place of one level"),
        ("a/#/b", "# in place of all levels at the end"),
        ("a#", "# in place of all levels at the end"),
        ("$share/group/a", "without a shared subscription"),
        ([], "at least one topic"),
        (["a/+", "a/b"], "a/+ and a/b, which match the same topics"),
    ],
)
def test_what_is_no_filter_is_an_error(topic: object, text: str) -> None:
    with pytest.raises(ValidationError) as problem:
        FILTERS.validate_python(topic)
    assert text in str(problem.value.errors(include_input=False, include_context=True))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a/+", "+/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "+/b", True),
        ("a/#", "b/#", False),
        ("+/c/#", "a/b", False),
        ("+", "/", False),
        ("+/+", "/", True),
        ("#", "a/b", True),
        ("#", "$SYS/a", False),
        ("+/a", "$SYS/a", False),
        ("$SYS/#", "$SYS/a", True),
    ],
)
def test_filters_overlap_if_a_topic_matches_both(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) == overlap(other, one) == expected
