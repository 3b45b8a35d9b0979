"""The parts of the base class that need no plan. `Flow.split` and `Flow.reject` run in tests/integration/test_dead_letters.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import Type
from penstock.jobs.base.job import Flow, Job, NoReference
from penstock.udfs.rows import Rows


class Nothing(Job):
    """A step that changes no row."""

    def output_columns(self, rows: Columns) -> Columns:
        return rows

    def build(self, flow: Flow) -> Flow:
        return flow


BEFORE: Any = "the table before"
AFTER: Any = "the table after"
A, B = Columns({"a": Type("int")}), Columns({"b": Type("int")})


def test_a_step_without_a_plain_python_form_says_so() -> None:
    with pytest.raises(NoReference, match=r"^Nothing has no plain-Python form$"):
        Nothing().reference(Rows.of([]))


def test_a_step_rejects_nothing_keeps_no_state_and_needs_no_files_unless_it_says_otherwise() -> None:
    step = Nothing()
    assert step.reject_reasons(A) == ()
    assert step.state_ttl is None
    assert step.user_functions() == {}
    assert step.located(Path("/x")) is step
    assert step.packed(lambda path: pytest.fail(f"{path} is not needed")) is step
    assert not step.several_inputs


def test_the_flow_after_a_step_has_its_table_and_columns_and_keeps_the_rest() -> None:
    env: Any = None
    flow = Flow(env, BEFORE, A, "job", "v1", "1_map", rejected=(BEFORE,), counts=(("n", BEFORE),))
    after = flow.then(AFTER, B)
    assert (after.table, after.columns) == (AFTER, B)
    assert (after.job, after.version, after.step) == ("job", "v1", "1_map")
    assert (after.rejected, after.counts) == ((BEFORE,), (("n", BEFORE),))
    assert flow.table == BEFORE


def test_a_counter_that_an_earlier_step_uses_is_not_counted_again() -> None:
    env: Any = None
    flow = Flow(env, BEFORE, A, "job", counts=(("aggregated", BEFORE),))
    assert flow.count("aggregated", AFTER) is flow
