"""The oracle finds each kind of damage that is done to a correct output."""

from __future__ import annotations

import json
from collections.abc import Hashable

import pytest

from tests.faults import report
from tests.faults.campaign import dead_letters_verdict, percentiles, unaccounted
from tests.faults.feed import Read
from tests.faults.oracle import Out, Verdict, compare
from tests.faults.scenarios import SCENARIOS, record
from tests.faults.strikes import Strike, plan

GOOD = [Out(n, f"row {n}", n % 3, n) for n in range(30)]
EXPECTED: dict[Hashable, str] = {one.id: one.content for one in GOOD}


def test_a_correct_output_has_no_findings() -> None:
    assert compare(EXPECTED, GOOD) == Verdict(30)
    assert compare(EXPECTED, GOOD).clean


@pytest.mark.parametrize(
    ("came", "verdict"),
    [
        (GOOD[1:], Verdict(30, missing=1)),
        ([*GOOD, GOOD[7]], Verdict(30, twice=1)),
        ([GOOD[3], *GOOD[:3], *GOOD[4:]], Verdict(30, out_of_order=1)),
        ([*GOOD[:-1], Out(29, "another", 2, 29)], Verdict(30, wrong=1)),
        ([*GOOD, Out(99, "row 99", 0, 99)], Verdict(30, wrong=1)),
    ],
)
def test_each_damage_is_found(came: list[Out], verdict: Verdict) -> None:
    assert compare(EXPECTED, came) == verdict
    assert not verdict.clean


def test_a_dead_letter_that_is_lost_or_changed_is_found() -> None:
    records = [record(1, n) for n in range(400)]
    bad = [one for one in records if one.bad]
    dead_letters = [_dead_letter(one.value) for one in bad]
    assert dead_letters_verdict(records, dead_letters) == Verdict(len(bad))
    assert dead_letters_verdict(records, dead_letters[1:]).missing == 1
    assert dead_letters_verdict(records, [*dead_letters, dead_letters[0]]).twice == 1
    assert dead_letters_verdict(records, [*dead_letters[1:], _dead_letter(bad[0].value + b" ")]).wrong == 1


def _dead_letter(raw: bytes) -> Read:
    from base64 import b64encode

    return Read(0, 0, None, b'{"raw": "' + b64encode(raw) + b'"}')


def test_a_wrong_count_is_found() -> None:
    some = [Read(0, n, None, b"") for n in range(5)]
    rows: dict[str, int | None] = {"in": 10, "out": 5, "dead": 4, "late": 1}
    assert unaccounted(rows, some + some, some, some) == 0
    assert unaccounted({**rows, "out": 4}, some + some, some, some) == 1
    assert unaccounted({**rows, "in": None}, some + some, some, some) == 10


def test_the_page_of_the_trials_is_generated_from_their_lines() -> None:
    lines = [json.loads(line) for line in report.RESULTS.read_text("utf-8").splitlines()]
    assert report.PAGE.read_text("utf-8") == report.page(lines), "run python -m tests.faults.report"


def test_a_plan_follows_from_its_seed_and_reads_back() -> None:
    counts = {"taskmanager": 5, "broker": 2}
    assert plan(1, counts) == plan(1, counts) != plan(2, counts)
    assert [Strike.parse(str(one)) for one in plan(1, counts)] == plan(1, counts)
    with pytest.raises(ValueError, match="a strike is"):
        Strike.parse("meteor@any")


@pytest.mark.parametrize("job", sorted(SCENARIOS))
def test_records_and_references_are_the_same_each_time(job: str, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    file = SCENARIOS[job].write(folder, "exactly_once", 1, "job.yaml")
    records = [record(3, n) for n in range(300)]
    assert records == [record(3, n) for n in range(300)]
    expected = SCENARIOS[job].expected(file, records)
    assert expected == SCENARIOS[job].expected(file, records)
    assert len(expected) > 20


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ([], {}),
        ([2.0], {"p50": 2.0, "p95": 2.0, "max": 2.0}),
        ([28.9, 37.3], {"p50": 33.1, "p95": 37.3, "max": 37.3}),
        ([float(n) for n in range(20, 0, -1)], {"p50": 10.5, "p95": 19.0, "max": 20.0}),
        ([float(n) for n in range(1, 101)], {"p50": 50.5, "p95": 95.0, "max": 100.0}),
    ],
)
def test_the_percentiles_of_recovery_are_in_order(times: list[float], wanted: dict[str, float]) -> None:
    assert percentiles(times) == wanted
    assert list(wanted.values()) == sorted(wanted.values())
