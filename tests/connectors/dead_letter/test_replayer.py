"""What a replay would send: each record once, and no dead letter without a record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from penstock.connectors.dead_letter.replayer import Replayed, Replayer
from penstock.connectors.dead_letter.schema import DEAD_LETTER, DeadLetter


class ToItsSource(Replayer):
    """A replayer whose first two dead letters were already sent."""

    def to(self, dead_letter: DeadLetter) -> str:
        return str(dead_letter.columns["source"])

    def marked(self) -> set[str]:
        return {"0", "1"}

    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        raise NotImplementedError


def _dead_letter(place: str, **columns: Any) -> DeadLetter:
    return DeadLetter.of(place, {**dict.fromkeys(DEAD_LETTER.types), "source": "a", "raw": "eA==", **columns})


FOUND = [
    _dead_letter("0"),
    _dead_letter("1", raw=None),
    _dead_letter("2", raw=None),
    _dead_letter("3"),
    _dead_letter("4", source="b"),
    _dead_letter("5", headers='{"trace": "eA==", "penstock-replay": "MA=="}'),
]
ROWS = [_dead_letter(str(place), offset=offset, partition=0) for place, offset in ((2, 7), (3, 8), (4, 7), (5, 7))]
"""Dead letters of two records. One record has three rejected rows."""

LATE = [
    _dead_letter("0", reason="late"),
    _dead_letter("1", reason="late", raw=None),
    _dead_letter("2", reason="late"),
    _dead_letter("3", reason="decode"),
    _dead_letter("4", reason="late"),
]


@pytest.mark.parametrize(
    ("limit", "sent", "again", "before", "without_record"),
    [
        (None, {"a": 2, "b": 1}, 1, 2, 1),
        (2, {"a": 1, "b": 1}, 0, 2, 1),
        (1, {"a": 1}, 0, 2, 1),
        (0, {}, 0, 0, 0),
    ],
)
def test_a_count_says_what_would_be_sent_and_what_would_be_skipped(
    limit: int | None, sent: dict[str, int], again: int, before: int, without_record: int
) -> None:
    done = ToItsSource().count(FOUND, limit)
    assert (dict(done.sent), done.again, done.before, done.without_record) == (sent, again, before, without_record)


def test_a_record_with_several_rejected_rows_is_sent_once_and_marks_all_its_dead_letters() -> None:
    done = Replayed()
    found = [(first.place, places) for first, places in ToItsSource().unsent(ROWS, done)]
    assert found == [("2", ["2", "4", "5"]), ("3", ["3"])]
    assert (done.same_record, done.before, done.again) == (2, 0, 0)
    assert ToItsSource().count(ROWS, None).sent == {"a": 2}
    assert ToItsSource().count(ROWS, 1).sent == {"a": 1}


def test_a_dead_letter_whose_record_an_earlier_replay_sent_alone_is_sent() -> None:
    """A selection by reason may have left it out."""
    done = Replayed()
    marked = _dead_letter("1", offset=7, partition=0)
    assert [first.place for first, _ in ToItsSource().unsent([marked, *ROWS], done)] == ["2", "3"]
    assert done.before == 1


@pytest.mark.parametrize(("limit", "sent", "late"), [(None, 3, 2), (2, 2, 1), (0, 0, 0)])
def test_the_late_rows_that_would_be_sent_are_counted(limit: int | None, sent: int, late: int) -> None:
    done = ToItsSource().count(LATE, limit)
    assert (done.sent.total(), done.late) == (sent, late)
