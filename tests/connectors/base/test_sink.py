"""What every sink does unless it overrides it, and the check of upsert rows."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.types import Type


class AppendOnly(Sink):
    """A sink that overrides nothing."""

    def descriptor(self, schema: Any, rows: Columns, name: str) -> Any:
        raise NotImplementedError


class Upsert(AppendOnly):
    """A sink that accepts upsert rows."""

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, jars=("x",))


ROWS = Columns({"id": Type("int")})
UPSERT_ROWS = Columns({"id": Type("int")}, changelog=True, key=("id",))


def test_upsert_rows_need_a_sink_that_accepts_them() -> None:
    AppendOnly().check(ROWS)
    Upsert().check(UPSERT_ROWS)
    with pytest.raises(Problem) as caught:
        AppendOnly().check(UPSERT_ROWS)
    assert caught.value == Problem(
        (),
        "upsert rows, which may replace earlier ones, and an append-only sink",
        "console, blackhole, or kafka with key",
        'choose one of these sinks, or let the job output append-only rows (dedup: keep: "first")',
    )


def test_a_sink_without_transactions_has_nothing_to_abort_and_no_copies_to_find() -> None:
    sink = AppendOnly()
    assert (sink.transactional, sink.shared_ids, sink.abort_open("job"), sink.may_loop) == (
        False,
        frozenset(),
        (0, 0),
        False,
    )
    assert list(sink.active_clients("job", 60.0)) == []
    assert sink.for_dead_letters([Upsert()]) is sink


def test_a_sink_that_cannot_read_dead_letters_back_names_itself() -> None:
    with pytest.raises(RunError) as caught:
        AppendOnly().dead_letters()
    assert str(caught.value) == (
        "AppendOnly cannot read dead letters back\n  do       check capabilities.keeps_dead_letters first"
    )


def test_a_connector_needs_the_jars_of_its_capabilities() -> None:
    assert (AppendOnly().needed_jars(), Upsert().needed_jars()) == ((), ("x",))
