from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from penstock.connectors.dead_letter.replayer import Replayed, Replayer
from penstock.connectors.dead_letter.schema import DEAD_LETTER, DeadLetter
from penstock.scripts.dead_letters.dry_run import dry_run, warning


class ToItsSource(Replayer):
    """A replayer whose first dead letter was already sent."""

    def to(self, dead_letter: DeadLetter) -> str:
        return str(dead_letter.columns["source"])

    def marked(self) -> set[str]:
        return {"0"}

    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        raise NotImplementedError


def _dead_letter(place: str, reason: str, **columns: Any) -> DeadLetter:
    known = {**dict.fromkeys(DEAD_LETTER.types), "source": "a", "raw": "eA==", "reason": reason, **columns}
    return DeadLetter.of(place, known)


FOUND = [
    _dead_letter("0", "late"),
    _dead_letter("1", "late", raw=None),
    _dead_letter("2", "late"),
    _dead_letter("3", "decode"),
    _dead_letter("4", "late"),
]


@pytest.mark.parametrize(("limit", "sent", "late"), [(None, 3, 2), (2, 2, 1), (0, 0, 0)])
def test_the_late_rows_that_would_be_sent_are_counted(limit: int | None, sent: int, late: int) -> None:
    done, found = dry_run(ToItsSource(), FOUND, limit)
    assert (done.sent.total(), found) == (sent, late)
    assert done == ToItsSource().count(FOUND, limit)


def test_the_warning_has_the_number_where_it_is_known() -> None:
    text = "late rows that are sent back unchanged are late again: use --through with a job file that waits longer"
    assert (warning(None), warning(1200)) == (text, f"1,200 of them are late: {text}")
