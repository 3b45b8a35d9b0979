"""Which column types a record format can express."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import NUMBERS, TEXTS, Type

_RAW = {*TEXTS, *(set(NUMBERS) - {"decimal"}), "bytes", "boolean"}


def check_columns(columns: Mapping[str, tuple[Type, str]], *path: str) -> None:
    """Check that each column's format can decode its type; the job file declares them below `path`. Raises Problem."""
    for column, (kind, name) in columns.items():
        if lack := _lack(name, kind):
            found, allowed, do = lack
            raise Problem((*path, column), f'"{kind}", {found}', allowed, f"{do}, or set another format")


def check_rows(name: str, columns: Mapping[str, Type]) -> None:
    """Check that the format `name` of a sink can encode rows with these columns. Raises Problem."""
    for column, kind in columns.items():
        if lack := _lack(name, kind):
            found, allowed, _ = lack
            do = "set another format, or convert the column in a step before"
            raise Problem(("format",), f"{name} for the column {column} of type {kind}, {found}", allowed, do)


def _lack(name: str, kind: Type) -> tuple[str, str, str] | None:
    """What the format cannot express of a type, what it can, and what to declare instead. None if it can express the type."""
    if name == "raw":
        return (
            None
            if kind.name in _RAW
            else ("which the format raw does not have", ", ".join(sorted(_RAW)), "declare it as string")
        )
    if kind.name == "map" and name == "csv":
        return "which CSV cannot express", "any type without a map", "declare it as string"
    if kind.name == "map" and not kind.of[0].is_text:
        return (
            f"whose keys are of type {kind.of[0]}",
            "string, varchar or char as the keys of a map",
            "declare the keys as string",
        )
    return next((lack for inner in kind.of if (lack := _lack(name, inner))), None)
