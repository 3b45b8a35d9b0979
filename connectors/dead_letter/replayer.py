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
    """The result of a replay, as numbers of dead letters."""

    sent: Counter[str] = field(default_factory=Counter)
    """Sent by this replay, by destination."""

    again: int = 0
    """Of those sent: records that an earlier replay sent and that were rejected again. Each rejection is a dead letter of its own."""

    before: int = 0
    """Skipped, because an earlier replay sent them."""

    without_record: int = 0
    """Skipped, because they hold no record that can be sent."""


class Replayer(ABC):
    """Sends the record of each dead letter once: each dead letter that was sent is marked, atomically with the record."""

    @abstractmethod
    def to(self, dead_letter: DeadLetter) -> str:
        """The destination of this dead letter's record, such as a topic."""

    @abstractmethod
    def marked(self) -> set[str]:
        """The places (`DeadLetter.place`) of the dead letters that were already sent. Raises RunError."""

    @abstractmethod
    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """Send the records of at most `limit` dead letters that were not sent yet. Raises RunError."""

    def count(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """Return what `send` would do, without sending."""
        done = Replayed()
        done.sent.update(map(self.to, islice(self.unsent(dead_letters, done), limit)))
        return done

    def unsent(self, dead_letters: Iterable[DeadLetter], done: Replayed) -> Iterator[DeadLetter]:
        """Yield the dead letters that can be sent and were not sent yet. Counts the others in `done`."""
        sent = self.marked()
        for dead_letter in dead_letters:
            if dead_letter.place in sent:
                done.before += 1
            elif not dead_letter.can_be_sent:
                done.without_record += 1
            else:
                done.again += any(name == REPLAYED for name, _ in dead_letter.headers)
                yield dead_letter
