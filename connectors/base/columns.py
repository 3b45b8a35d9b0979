"""The columns of a stream between two steps: names, types, and what is known about time and change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, GetJsonSchemaHandler, Tag
from pydantic_core import CoreSchema

from penstock.connectors.base.config import TAG, OneOrMore, one_or_list
from penstock.connectors.base.invalid import invalid
from penstock.connectors.base.problems import Problem, nearest
from penstock.connectors.base.types import IDENTIFIER, QUOTE_TYPE, Type, TypeProblem, parse


@dataclass(frozen=True)
class Columns:
    """Column name to type, in order.

    `event_time` names the column that carries watermarks, `changelog` says that rows may replace earlier ones with the
    same `key`, `bounded` that the stream ends.
    """

    types: Mapping[str, Type]
    event_time: str | None = None
    changelog: bool = False
    key: tuple[str, ...] = ()
    bounded: bool = False

    def __getitem__(self, name: str) -> Type:
        return self.types[name]

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def with_types(self, types: Mapping[str, Type], **changes: Any) -> Columns:
        """Other columns; the event time goes when its column does."""
        event_time = self.event_time if self.event_time in types else None
        return replace(self, types=dict(types), **{"event_time": event_time, **changes})

    def need(self, name: str, *path: str | int, among: Iterable[str] | None = None, what: str = "column") -> Type:
        """The type of a column that a config names at `path`. Raises Problem."""
        if name not in self.types:
            raise Problem(path, f'"{name}", which is no column here', ", ".join(self.types), nearest(name, self.types))
        kind = self.types[name]
        if among is not None and kind.name not in among:
            raise Problem(
                path,
                f'column "{name}" of type {kind}',
                f"a {what} column ({', '.join(among)})",
                "name another column, or change its type in the source",
            )
        return kind

    def free(self, name: str, *path: str | int) -> None:
        """Check that a new column's name is not taken. Raises Problem."""
        if name in self.types:
            raise Problem(path, f'"{name}", which is a column already', "a new name", "choose another name")


def _identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise invalid(
            found=f'"{value[:60]}", which is not a column name',
            allowed="letters, digits and _, not a digit first, at most 128",
            do="rename the column",
        )
    if value.startswith("penstock_"):
        raise invalid(
            found=f'"{value[:60]}"', allowed="any other name: ours begin with penstock_", do="rename the column"
        )
    return value


def _type(value: object) -> Type:
    if isinstance(value, Type):
        return value
    try:
        if not isinstance(value, str):
            raise TypeProblem(
                f"{value!r}, which is not a type" if value is not None else "nothing where a type must be"
            )
        return parse(value)
    except TypeProblem as problem:
        raise invalid(
            found=problem.found,
            allowed="a Flink type: string, bigint, double, boolean, decimal(10,2), timestamp_ltz(3), "
            "array<...>, map<..., ...>, row<...>, ...",
            do=problem.do or "see docs/types.md",
        ) from None


def _not_split(value: object) -> object:
    """`{a: decimal(10,2)}` is two keys in YAML: one error instead of one for each part."""
    keys = list(value) if isinstance(value, dict) else []
    for index, key in enumerate(keys):
        if index and isinstance(value, dict) and value[key] is None and re.search(r"[)>]\s*$", str(key)):
            column = keys[index - 1]
            found = f'"{column}: {value[column]}" and "{key}", a type in two parts'
            raise invalid(found[:200], f'{column}: "{value[column]},{key}"'[:200], QUOTE_TYPE, column)
    return value


def _not_empty(value: dict[str, Type]) -> dict[str, Type]:
    if not value:
        raise invalid(found="no columns", allowed="at least one column", do="write name: type")
    return value


class _TypeSchema:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {"type": "string", "examples": ["string", "bigint", "double", "timestamp_ltz(3)"]}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _type, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )


Column = Annotated[str, AfterValidator(_identifier)]
ColumnType = Annotated[Type, _TypeSchema()]
ColumnTypes = Annotated[dict[Column, ColumnType], BeforeValidator(_not_split), AfterValidator(_not_empty)]


def _each_once(names: list[str]) -> list[str]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice or not names:
        found = f'"{twice}" twice' if twice else "no name"
        raise invalid(found=found, allowed="each name once", do="correct the list")
    return names


ColumnNames = Annotated[list[Column], one_or_list("a column name"), AfterValidator(_each_once), OneOrMore()]
"""One column name, or a list of them; always a list in the model."""


class _EitherOf:
    """For editors: `all rows` is a text too, so that both forms of a key fit it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {"anyOf": handler(schema)["oneOf"]}


ALL_ROWS = "all rows"
"""The key of one group that holds all rows. It has a space in it, so that no column can have this name."""

GroupKey = Annotated[
    Annotated[Literal["all rows"], Tag(f"{TAG}all")] | Annotated[ColumnNames, Tag(f"{TAG}columns")],
    Discriminator(lambda value: f"{TAG}all" if value == ALL_ROWS else f"{TAG}columns"),
    _EitherOf(),
]
"""The columns of a group's key, or the words `all rows`: it must be written, there is no default."""
