"""Where a connector reads or writes, so that a job that reads what it writes is found before it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar


class Place(ABC):
    """Topics, or files, as a source reads or a sink writes them. Its text names it for a person."""

    key: ClassVar[str]
    """The key of the connector that says where it is."""

    @abstractmethod
    def reads(self, written: Place, ask: bool = False) -> bool:
        """Whether a source of this place reads what is written to that one. With `ask` the outside world is asked where the names
        alone do not show it. Raises RunError where it does not answer."""

    @abstractmethod
    def same(self, other: Place) -> bool:
        """Whether two sinks of these places write to the same one."""
