"""Parser of dates, times and timestamps in job files, tests, dead letters and options of the command.

    timestamp = date ("T" | " ") time [zone]          zone = "Z" | ("+" | "-") hh [[":"] mm]
    date      = yyyy "-" mm "-" dd                     time = hh ":" mm [":" ss [("." | ",") 1 to 9 digits]]

A timestamp_ltz must have a zone, a timestamp must not have one. Digits beyond the type's precision are cut off, and beyond the six of a
Python datetime. `java/penstock/TimeText.java` parses the times of records: it accepts the same texts and rejects others with the same
messages. A property test checks that both agree.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from penstock.connectors.config.types import Type

EXAMPLES = {
    "timestamp_ltz": "2026-01-31T12:00:00Z",
    "timestamp": "2026-01-31T12:00:00",
    "date": "2026-01-31",
    "time": "12:00:00",
}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_INSTANT = Type("timestamp_ltz", (9,))


class TimeProblem(ValueError):
    """The text is not a time. `position` is the character, counted from 1, at which `expected` was expected."""

    def __init__(self, position: int, expected: str) -> None:
        super().__init__(f"at position {position} expected {expected}")
        self.position, self.expected = position, expected


def instant(text: str) -> datetime:
    """Parse a timestamp with a zone to a datetime in UTC. Raises TimeProblem."""
    found: datetime = read(text, _INSTANT)
    return found


def read(text: str, kind: Type) -> Any:
    """Parse a text to the date, time or datetime that a column of type `kind` holds.

    A timestamp_ltz is a datetime in UTC, a timestamp a datetime without a zone. Raises TimeProblem.
    """
    scan = _Scanner(text)
    if kind.name == "date":
        found: date | time = scan.date()
        scan.finish()
        return found
    if kind.name == "time":
        found = scan.clock()[0]
        scan.finish()
        return found
    day = scan.date()
    if scan.here not in ("T", "t", " "):
        raise scan.problem("T or a space, then the time of day")
    scan.at += 1
    clock, nanos = scan.clock()
    stamp = datetime.combine(day, clock)
    if kind.name == "timestamp_ltz":
        try:
            stamp = (stamp - scan.offset()).replace(tzinfo=timezone.utc)
        except OverflowError:
            raise TimeProblem(1, "the years 0001 to 9999 in UTC") from None
    scan.finish(zone=kind.name == "timestamp")
    step = 10 ** (9 - kind.numbers[0])
    return stamp.replace(microsecond=(nanos - nanos % step) // 1000)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, len(text) - len(text.lstrip(" "))
        self.end = max(self.at, len(text.rstrip(" ")))

    @property
    def here(self) -> str:
        """The next character, or an empty text at the end."""
        return self.text[self.at : self.end][:1]

    def problem(self, expected: str, more: int = 0) -> TimeProblem:
        return TimeProblem(self.at + more + 1, expected)

    def date(self) -> date:
        start = self.at
        year = int(self._digits("four digits of the year") + self._digits("four digits of the year"))
        if not year:
            raise TimeProblem(start + 1, "a year from 0001 to 9999")
        self._sign("-", "-, as in 2026-01-31")
        month = self._within(1, 12, "month")
        self._sign("-", "-, as in 2026-01-31")
        start = self.at
        day = self._within(1, 31, "day")
        try:
            return date(year, month, day)
        except ValueError:
            raise TimeProblem(start + 1, "a day that this month has") from None

    def clock(self) -> tuple[time, int]:
        """The time of day in whole seconds, and the nanoseconds of the second."""
        hour = self._within(0, 23, "hour")
        self._sign(":", ":, as in 12:00:00")
        minute = self._within(0, 59, "minute")
        if self.here != ":":
            return time(hour, minute), 0
        self.at += 1
        second = self._within(0, 59, "second")
        return time(hour, minute, second), self._fraction() if self.here in (".", ",") else 0

    def _fraction(self) -> int:
        self.at += 1
        start = self.at
        while _digit(self.here):
            if self.at - start == 9:
                raise self.problem("at most nine digits of the second's fraction")
            self.at += 1
        if self.at == start:
            raise self.problem("a digit of the second's fraction")
        return int(f"{self.text[start : self.at]:0<9}")

    def offset(self) -> timedelta:
        sign = self.here
        if sign in ("Z", "z"):
            self.at += 1
            return timedelta()
        if sign not in ("+", "-"):
            raise self.problem("a zone (Z or +02:00)")
        start = self.at
        self.at += 1
        hours, minutes = self._within(0, 18, "offset's hour"), 0
        if self.here:
            self.at += self.here == ":"
            minutes = self._within(0, 59, "offset's minute")
        if hours == 18 and minutes:
            raise TimeProblem(start + 1, "an offset of at most 18:00")
        return timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)

    def finish(self, zone: bool = False) -> None:
        """Check that the text ends here. With `zone`, a zone in its place has its own message."""
        if self.here:
            raise self.problem("no zone" if zone and self.here in "Zz+-" else "the end of the text")

    def _digits(self, expected: str) -> str:
        two = self.text[self.at : min(self.at + 2, self.end)]
        if len(two) < 2 or not (_digit(two[0]) and _digit(two[1])):
            raise self.problem(expected, more=1 if _digit(two[:1]) else 0)
        self.at += 2
        return two

    def _within(self, least: int, most: int, what: str) -> int:
        expected = f"the {what}, {least:02d} to {most:02d}"
        value = int(self._digits(expected))
        if not least <= value <= most:
            raise self.problem(expected, more=-2)
        return value

    def _sign(self, wanted: str, expected: str) -> None:
        if self.here != wanted:
            raise self.problem(expected)
        self.at += 1


def _digit(text: str) -> bool:
    return "0" <= text <= "9" and len(text) == 1
