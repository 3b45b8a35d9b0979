from __future__ import annotations

import pytest

from penstock.scripts.console.words import behind, duration, elapsed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45.4, "45 s"),
        (300, "5 min"),
        (299.6, "5 min"),
        (330, "5 min"),
        (7800, "2 h 10 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_watermark_is_behind_or_ahead_of_the_clock() -> None:
    assert (behind(300), behind(-61), behind(None)) == ("5 min behind", "1 min ahead", "")


def test_short_times_have_a_tenth_of_a_second() -> None:
    assert (elapsed(3.21), elapsed(75)) == ("3.2 s", "1 min")
