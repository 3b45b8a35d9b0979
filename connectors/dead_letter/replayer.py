"""Sends the records of dead letters back to where they came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from penstock.connectors.dead_letter.schema import DeadLetter

REPLAYED = "penstock-replay"
"""The header of a record that a replay sent. Its value is the place of the dead letter."""


@dataclass
class Replayed:
    """The result of a replay: the numbers of records sent, and of dead letters skipped."""

    sent: Counter[str] = field(default_factory=Counter)
    """Records that this replay sent, by destination."""

    again: int = 0
    """Of those sent: records that an earlier replay sent and that were rejected again. Each rejection is a dead letter of its own."""

    late: int = 0
    """Of those sent: late rows. A record that is sent back unchanged is late again."""

    before: int = 0
    """Skipped, because an earlier replay sent them."""

    without_record: int = 0
    """Skipped, because they hold no record that can be sent."""

    same_record: int = 0
    """Skipped, because their record was sent for another dead letter, with which they were marked as sent."""


class Replayer(ABC):
    """Sends each record once: all dead letters of a record are marked as sent, atomically with the record.

    A record has several dead letters if it is several rows, such as a list of JSON objects. `dead_letters` are iterated twice.
    """

    @abstractmethod
    def to(self, dead_letter: DeadLetter) -> str:
        """The destination of this dead letter's record, such as a topic."""

    @abstractmethod
    def marked(self) -> set[str]:
        """The places (`DeadLetter.place`) of the dead letters that were already sent. Raises RunError."""

    @abstractmethod
    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """Send at most `limit` records of dead letters that were not sent yet. Raises RunError."""

    def count(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """Return what `send` would do, without sending."""
        done = Replayed()
        done.sent.update(self.to(first) for first, _ in islice(self.unsent(dead_letters, done), limit))
        return done

    def unsent(self, dead_letters: Iterable[DeadLetter], done: Replayed) -> Iterator[tuple[DeadLetter, list[str]]]:
        """Yield each record that can be sent and was not sent yet: its first dead letter, and the places of all that have it.

        Counts the dead letters that are skipped in `done`.
        """
        sent = self.marked()
        places: dict[bytes | str, list[str]] = {}
        for dead_letter in dead_letters:
            if dead_letter.place not in sent and dead_letter.can_be_sent:
                places.setdefault(dead_letter.record, []).append(dead_letter.place)
        for dead_letter in dead_letters:
            if dead_letter.place in sent:
                done.before += 1
            elif not dead_letter.can_be_sent:
                done.without_record += 1
            elif not (same := places.pop(dead_letter.record, [])):
                done.same_record += 1
            else:
                done.again += any(name == REPLAYED for name, _ in dead_letter.headers)
                done.late += dead_letter.columns["reason"] == "late"
                yield dead_letter, same
