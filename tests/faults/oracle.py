"""Compare the expected output with the actual output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Out:
    """One output record: `id` identifies it, `content` must be as expected, and among records with the same `key` the `rank` must
    ascend. A record without a key has no order."""

    id: Hashable
    content: str
    key: Hashable = None
    rank: float = 0


@dataclass(frozen=True)
class Verdict:
    """Numbers of records. `wrong` records have another content than expected, or should not exist."""

    records: int = 0
    missing: int = 0
    twice: int = 0
    out_of_order: int = 0
    wrong: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, n) + getattr(other, n) for n in self.__dataclass_fields__))

    @property
    def clean(self) -> bool:
        """Whether no record is missing, duplicated, out of order or wrong."""
        return not (self.missing or self.twice or self.out_of_order or self.wrong)


def compare(expected: Mapping[Hashable, str], came: Iterable[Out]) -> Verdict:
    """Each expected id exactly once, with its content, in order. `came` is the output in the order of each partition."""
    seen: Counter[Hashable] = Counter()
    last: dict[Hashable, float] = {}
    wrong = disorder = 0
    for one in came:
        seen[one.id] += 1
        if expected.get(one.id) != one.content:
            wrong += 1
        if one.key is not None:
            if seen[one.id] == 1 and one.rank < last.get(one.key, one.rank):
                disorder += 1
            last[one.key] = max(one.rank, last.get(one.key, one.rank))
    missing = sum(1 for one in expected if not seen[one])
    twice = sum(count - 1 for count in seen.values())
    return Verdict(len(expected), missing, twice, disorder, wrong)
