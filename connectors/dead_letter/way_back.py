"""How dead letters are sent back to where their records came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from penstock.connectors.dead_letter.schema import Letter


@dataclass
class Replayed:
    """How many dead letters were sent, by place; how many were sent before, and how many cannot be sent: they have no record."""

    sent: Counter[str] = field(default_factory=Counter)
    before: int = 0
    without_record: int = 0


class WayBack(ABC):
    """Sends each dead letter once: what was sent is marked where the records go."""

    @abstractmethod
    def to(self, letter: Letter) -> str:
        """The place to which this dead letter goes, such as a topic."""

    @abstractmethod
    def marked(self) -> set[str]:
        """The places of the dead letters that were sent already."""

    @abstractmethod
    def send(self, letters: Iterable[Letter], limit: int | None) -> Replayed:
        """Send what was not sent yet. Raises RunError."""

    def count(self, letters: Iterable[Letter], limit: int | None) -> Replayed:
        """What `send` would do."""
        done = Replayed()
        done.sent.update(map(self.to, islice(self.fresh(letters, done), limit)))
        return done

    def fresh(self, letters: Iterable[Letter], done: Replayed) -> Iterator[Letter]:
        """The dead letters that can be sent and were not; counts the others."""
        sent = self.marked()
        for letter in letters:
            if letter.place in sent:
                done.before += 1
            elif not letter.can_be_sent:
                done.without_record += 1
            else:
                yield letter
