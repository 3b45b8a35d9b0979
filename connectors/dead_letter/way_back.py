"""How dead letters are sent back to where their records came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from penstock.connectors.dead_letter.schema import DeadLetter


@dataclass
class Replayed:
    """How many dead letters were sent, by place; how many were sent before, and how many cannot be sent: they have no record."""

    sent: Counter[str] = field(default_factory=Counter)
    before: int = 0
    without_record: int = 0


class WayBack(ABC):
    """Sends each dead letter once: what was sent is marked where the records go."""

    @abstractmethod
    def to(self, dead_letter: DeadLetter) -> str:
        """The place to which this dead letter goes, such as a topic."""

    @abstractmethod
    def marked(self) -> set[str]:
        """The places of the dead letters that were sent already."""

    @abstractmethod
    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """Send what was not sent yet. Raises RunError."""

    def count(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """What `send` would do."""
        done = Replayed()
        done.sent.update(map(self.to, islice(self.fresh(dead_letters, done), limit)))
        return done

    def fresh(self, dead_letters: Iterable[DeadLetter], done: Replayed) -> Iterator[DeadLetter]:
        """The dead letters that can be sent and were not; counts the others."""
        sent = self.marked()
        for dead_letter in dead_letters:
            if dead_letter.place in sent:
                done.before += 1
            elif not dead_letter.can_be_sent:
                done.without_record += 1
            else:
                yield dead_letter
