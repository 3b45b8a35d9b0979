"""Where a connector reads or writes. Compared before a run, to detect a job that reads its own output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar


class Place(ABC):
    """The topics or files that a source reads or a sink writes. `str(place)` is the text for messages."""

    key: ClassVar[str]
    """The connector's config key that names the place, such as `topic`."""

    @abstractmethod
    def reads(self, written: Place, ask: bool = False) -> bool:
        """Whether a source that reads this place reads what a sink writes to `written`.

        With `ask`, ask the external system if the names alone do not tell. Raises RunError if it does not answer.
        """

    @abstractmethod
    def same(self, other: Place) -> bool:
        """Whether sinks with these two places write to the same place."""
