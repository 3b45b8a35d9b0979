"""What every source does unless it overrides it: its columns, and the errors about what it cannot do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penstock.connectors.base.source import Source
from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.types import Type


class Plain(Source):
    """A source with one metadata column."""

    @property
    def bounded(self) -> bool:
        return True

    def descriptor(self, schema: Any, origin: bool = False) -> Any:
        raise NotImplementedError

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        return {"written": (Type("timestamp", (3,)), "timestamp")}


def _source(**keys: Any) -> Plain:
    return Plain.model_validate({"columns": {"id": "int"}, **keys})


def test_the_first_step_receives_the_columns_and_then_the_metadata() -> None:
    assert _source().stream() == Columns({"id": Type("int"), "written": Type("timestamp", (3,))}, bounded=True)


def test_a_metadata_column_may_carry_event_time() -> None:
    assert _source(event_time={"column": "written"}).stream().event_time == "written"


def test_a_metadata_column_with_the_name_of_a_column_is_an_error_at_that_column() -> None:
    with pytest.raises(Problem) as caught:
        _source(columns={"written": "int"}).stream()
    assert caught.value == Problem(
        ("columns", "written"), 'two columns named "written"', "each name once", "rename one of them", at_key=True
    )


@pytest.mark.parametrize(
    ("event_time", "may_idle"),
    [
        (None, False),
        ({"column": "written"}, False),
        ({"column": "written", "idle_after": "0 s"}, False),
        ({"column": "written", "idle_after": "1 s"}, True),
    ],
)
def test_subtasks_are_idle_only_after_a_time_above_zero(event_time: object, may_idle: bool) -> None:
    keys = {"event_time": event_time} if event_time else {}
    assert _source(**keys).may_idle is may_idle


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda source: source.replayer(BlackholeSink(), None),
            "Plain cannot take records back\n  do       check capabilities.takes_back first",
        ),
        (
            lambda source: source.bounded_read("topic", "group"),
            "Plain cannot read records that were sent back\n  do       name a job file whose source can, such as kafka",
        ),
    ],
)
def test_a_source_that_cannot_take_records_back_names_itself(call: Callable[[Source], object], text: str) -> None:
    with pytest.raises(RunError) as caught:
        call(_source())
    assert str(caught.value) == text
