"""Count what a replay would send, and how many late rows are among it: sent back unchanged, they are late again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from penstock.connectors.dead_letter.replayer import Replayed, Replayer
from penstock.connectors.dead_letter.schema import DeadLetter


def dry_run(way: Replayer, dead_letters: Iterable[DeadLetter], limit: int | None) -> tuple[Replayed, int]:
    """What `way.send` would do, and the number of late rows that it would send. Raises RunError."""
    done, late = Replayed(), 0
    for dead_letter, _ in islice(way.unsent(dead_letters, done), limit):
        done.sent[way.to(dead_letter)] += 1
        late += dead_letter.columns["reason"] == "late"
    return done, late


def warning(late: int | None) -> str:
    """What to do about late rows; `late` is their number, or None if it was not counted."""
    counted = "" if late is None else f"{late:,} of them are late: "
    return f"{counted}late rows that are sent back unchanged are late again: use --through with a job file that waits longer"
