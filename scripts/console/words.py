"""Numbers as a person says them."""

from __future__ import annotations

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """`45 s`, `5 min`, `2 h 10 min`, `3 d 4 h`: two units at most."""
    rest = round(abs(seconds))
    parts = []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,} {unit}")
    return " ".join(parts[: 1 if parts and parts[0].endswith(" min") else 2]) or "0 s"


def behind(lag: float | None) -> str:
    """How far a watermark is from the clock; nothing where it is not known."""
    if lag is None:
        return ""
    return f"{duration(lag)} {'ahead' if lag < 0 else 'behind'}"


def elapsed(seconds: float) -> str:
    """How long something took: `3.2 s` for a short time, whole units for a long one."""
    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)
