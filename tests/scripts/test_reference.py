"""How the reference page describes a key. tests/laws/test_docs.py compares the page with docs/reference.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from penstock.connectors.base.sink import Sink
from penstock.connectors.config.model import Config
from penstock.connectors.config.quantities import PositiveDuration
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.scripts.reference import _grouped, _kind, _table, page


class Inner(Config):
    size: int = 3
    """The size
    in rows."""


class Whole(Config):
    name: str
    """The name."""

    every: PositiveDuration = timedelta(minutes=2)
    """The interval."""

    loud: bool = True
    """Whether it is loud."""

    inner: Inner = Inner()
    """The inner part."""

    sink: Sink | None = None
    """A sink."""


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (str, "text"),
        (int, "whole number"),
        (Annotated[float, Field(gt=0)], "number"),
        (bool | None, "true or false"),
        (str | int | None, "text or whole number"),
        (str | Annotated[str, Field(min_length=1)], "text"),
        (list[str], "list of text"),
        (dict[str, list[int]], "text to list of whole number"),
        (Literal["a", "b"], "`a`, `b`"),
        (Literal[True] | None, "`true`"),
        (timedelta, "duration"),
        (Any, "value"),
        (dict[str, Any], "text to value"),
        (Inner | None, "keys and values"),
        (Sink, "a sink"),
    ],
)
def test_a_type_is_described_in_words(annotation: Any, text: str) -> None:
    assert _kind(annotation) == text


def test_a_key_has_one_row_and_the_keys_of_a_nested_model_follow_it_with_their_path() -> None:
    assert _table(Whole) == [
        "| key | value | default | description |",
        "|---|---|---|---|",
        "| `name` | text | **required** | The name. |",
        "| `every` | duration | `2 min` | The interval. |",
        "| `loud` | true or false | `true` | Whether it is loud. |",
        "| `inner` | keys and values | `{}` | The inner part. |",
        "| `inner.size` | whole number | `3` | The size in rows. |",
        "| `sink` | a sink |  | A sink. |",
    ]


def test_argument_types_with_the_same_result_are_together() -> None:
    assert _grouped({"int": "bigint", "bigint": "decimal", "tinyint": "bigint"}) == {
        "bigint": ["int", "tinyint"], "decimal": ["bigint"]
    }  # fmt: skip


def test_every_plug_in_has_a_heading() -> None:
    headings = [line.removeprefix("### ") for line in page().splitlines() if line.startswith("### ")]
    for kind, registry in (("job", JOBS), ("source", SOURCES), ("sink", SINKS)):
        assert [name for name in headings if name.startswith(f"{kind}: ")] == [
            f"{kind}: {name}" for name in sorted(registry)
        ]
