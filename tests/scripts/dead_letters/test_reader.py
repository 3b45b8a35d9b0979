"""Dead letters in real files. From Kafka's topics: tests/scripts/commands/test_dlq.py."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from packages import JOB

from penstock.connectors.config.problems import RunError
from penstock.connectors.dead_letter.schema import DEAD_LETTER
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.dead_letters.reader import Chosen, Own, read, since

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
WRITTEN: list[dict[str, Any]] = [
    {"reason": "decode", "step": "source_records", "partition": 0, "offset": 5, "at": "2026-01-01T11:00:00Z", "job": "small"},
    {"reason": "late", "step": "rolling_sum", "partition": 1, "offset": 6, "at": "2026-01-01T12:00:00Z", "job": "small"},
    {"reason": "late", "step": "other", "partition": None, "offset": None, "at": "2026-01-01T13:00:00Z", "job": "small"},
    {"reason": "late", "step": "other", "partition": 0, "offset": 7, "at": "2026-01-01T13:00:00Z", "job": "twin"},
]  # fmt: skip


def pipeline(dead_letters: Any = None) -> Pipeline:
    return Pipeline.model_validate({**JOB, **({"dead_letters": dead_letters} if dead_letters else {})})


@pytest.fixture
def kept(tmp_path: Path) -> Pipeline:
    """A job whose dead letters are in two files, and a file that is not complete yet."""
    columns = [{name: one.get(name) for name in DEAD_LETTER.types} for one in WRITTEN]
    for file, rows in (("part-a-0-0", columns[:2]), ("part-a-0-1", columns[2:]), (".part-a-0-2.inprogress", columns)):
        (tmp_path / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return pipeline({"files": {"path": str(tmp_path)}})


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (Chosen(), [0, 1, 2]),
        (Chosen(reasons=("decode", "tombstone")), [0]),
        (Chosen(steps=("rolling_sum",)), [1]),
        (Chosen(since=NOON), [1, 2]),
        (Chosen(until=NOON), [0]),
        (Chosen(since=NOON, until=NOON + timedelta(hours=1)), [1]),
        (Chosen(partition=0), [0]),
        (Chosen(first=6), [1]),
        (Chosen(last=5), [0]),
        (Chosen(first=5, last=6, reasons=("late",)), [1]),
    ],
)
def test_dead_letters_of_the_job_are_selected_in_the_order_in_which_they_were_written(
    kept: Pipeline, chosen: Chosen, rows: list[int]
) -> None:
    found = [{name: one.columns[name] for name in WRITTEN[0]} for one in Own(kept, chosen)]
    assert found == [WRITTEN[row] for row in rows]


def test_the_dead_letters_of_other_jobs_are_counted_with_each_iteration_anew(kept: Pipeline) -> None:
    own = Own(kept, Chosen())
    assert own.left_out() == ""
    for _ in range(2):
        assert len(list(own)) == 3
        assert own.left_out() == "left out: 1 dead letter of other jobs (twin 1)"


def test_a_selection_of_nothing_says_which_steps_and_reasons_exist(kept: Pipeline) -> None:
    own = Own(kept, Chosen(reasons=("lat",)))
    assert list(own) == []
    assert own.left_out() == (
        "nothing selected: the dead letters of small are source_records decode 1, rolling_sum late 1, other late 1\n"
        "left out: 1 dead letter of other jobs (twin 1)"
    )
    some = Own(kept, Chosen(reasons=("late",)))
    assert len(list(some)) == 2
    assert some.left_out() == "left out: 1 dead letter of other jobs (twin 1)"


def test_the_jobs_with_most_dead_letters_are_named_first(kept: Pipeline) -> None:
    own = Own(kept, Chosen())
    own.others.update({"a": 2, "b": 1200})
    assert own.left_out() == "left out: 1,202 dead letters of other jobs (b 1,200, a 2)"


def test_each_dead_letter_has_its_place(kept: Pipeline) -> None:
    assert [one.place for one in read(kept)] == ["part-a-0-0:1", "part-a-0-0:2", "part-a-0-1:1", "part-a-0-1:2"]


@pytest.mark.parametrize(
    ("dead_letters", "found"),
    [(None, "no dead_letters"), ({"blackhole": {}}, "dead_letters: {blackhole: ...}")],
)
def test_a_job_that_does_not_keep_its_dead_letters_is_an_error_before_anything_is_read(
    dead_letters: Any, found: str
) -> None:
    with pytest.raises(RunError) as caught:
        Own(pipeline(dead_letters), Chosen())
    assert str(caught.value) == (
        "small: its dead letters are not kept\n"
        f"  found    {found}\n"
        "  allowed  dead_letters: {files: ...} or dead_letters: {kafka: ...}\n"
        "  do       keep them in one of these"
    )


def test_a_point_in_time_is_a_timestamp_or_a_duration_before_now() -> None:
    assert since("2026-01-01T13:00:00+01:00") == NOON
    assert abs(since("2 h") - (datetime.now(timezone.utc) - timedelta(hours=2))) < timedelta(seconds=20)
    with pytest.raises(ValueError, match="expected four digits of the year"):
        since("soon")
