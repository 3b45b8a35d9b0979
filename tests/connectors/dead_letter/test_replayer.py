"""What a replay would send: each dead letter once, and none without a record."""

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
