"""Topic filters of MQTT: their syntax, and whether two of them match the same topic."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import OneOrMore, one_or_list

_LONGEST = 65535
"""Bytes of a text in MQTT."""


def _filter(value: str) -> str:
    levels = value.split("/")
    whole = all(level in ("+", "#") or not set("+#") & set(level) for level in levels) and "#" not in levels[:-1]
    if not value or not value.isprintable() or "${" in value or len(value.encode()) > _LONGEST:
        raise invalid(
            f'"{value[:60]}"', "a topic of printable characters", "name a topic, such as sensors/+/temperature"
        )
    if not whole:
        allowed = "+ in place of one level, and # in place of all levels at the end"
        raise invalid(f'"{value[:60]}"', allowed, "write it such as sensors/+/temperature or sensors/#")
    if levels[0] == "$share":
        do = "write the topic alone: the source has one client, which shares its topics with no other"
        raise invalid(f'"{value[:60]}"', "a topic without a shared subscription", do)
    return value


def _apart(value: list[str]) -> list[str]:
    if not value:
        raise invalid("no topic", "at least one topic", "name a topic")
    for one, other in combinations(value, 2):
        if overlap(one, other):
            do = "remove one of them, or read them with two jobs: a broker may send such a message twice"
            raise invalid(f"{one} and {other}, which match the same topics", "topics that do not overlap", do)
    return value


def overlap(one: str, other: str) -> bool:
    """Return whether some topic matches both filters."""
    return _overlap(one.split("/"), other.split("/"), True)


def _overlap(one: list[str], other: list[str], first: bool = False) -> bool:
    for these, those in ((one, other), (other, one)):
        if these[:1] == ["#"]:
            return not (
                first and those[0].startswith("$")
            )  # a # matches its parent level too, and no topic that begins with $
    if not one or not other:
        return not one and not other
    same = one[0] == other[0] or (
        "+" in (one[0], other[0]) and not (first and (one[0] + other[0]).startswith(("$", "+$")))
    )
    return same and _overlap(one[1:], other[1:])


Filter = Annotated[str, AfterValidator(_filter)]
Filters = Annotated[list[Filter], one_or_list("a topic"), AfterValidator(_apart), OneOrMore()]
