"""The columns of a stream between two steps: names, types, event time, and whether rows are append-only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, GetJsonSchemaHandler, Tag
from pydantic_core import CoreSchema

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import TAG, OneOrMore, one_or_list
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.config.types import IDENTIFIER, QUOTE_TYPE, Type, TypeProblem, parse


@dataclass(frozen=True)
class Columns:
    """The columns of a stream, and the properties of the stream that steps and sinks check."""

    types: Mapping[str, Type]
    """Column name to type, in the order of the columns."""

    event_time: str | None = None
    """The event-time column, for which the stream has watermarks."""

    changelog: bool = False
    """Whether these are upsert/changelog rows: a row may replace an earlier one with the same `key`. Otherwise append-only."""

    key: tuple[str, ...] = ()
    """The primary key of upsert rows."""

    bounded: bool = False
    """Whether the stream ends by itself."""

    def __getitem__(self, name: str) -> Type:
        return self.types[name]

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def with_types(self, types: Mapping[str, Type], **changes: Any) -> Columns:
        """A copy with other columns and `changes` of other fields. Without its column the event time is unset."""
        event_time = self.event_time if self.event_time in types else None
        return replace(self, types=dict(types), **{"event_time": event_time, **changes})

    def need(self, name: str, *path: str | int, among: Iterable[str] | None = None, what: str = "column") -> Type:
        """Return the type of the column that the job file names at `path`.

        Raises Problem if the column does not exist, or if its type is not one of `among`; `what` describes those types, such as `number`.
        """
        if name not in self.types:
            found = f'"{name}", which is not a column here'
            raise Problem(path, found, ", ".join(self.types), nearest(name, self.types))
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
        """Check that no column has this name yet. Raises Problem."""
        if name in self.types:
            raise Problem(path, f'"{name}", which is already a column', "a new name", "choose another name")


def _identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise invalid(
            found=f'"{value[:60]}", which is not a column name',
            allowed="1 to 128 letters, digits and _; the first is not a digit",
            do="rename the column",
        )
    if value.startswith("penstock_"):
        raise invalid(
            found=f'"{value[:60]}", which begins with penstock_',
            allowed="any other name: Penstock's own columns begin with penstock_",
            do="rename the column",
        )
    return value


def _type(value: object) -> Type:
    if isinstance(value, Type):
        return value
    try:
        if not isinstance(value, str):
            raise TypeProblem(f"{value!r}, which is not a type" if value is not None else "a column without a type")
        return parse(value)
    except TypeProblem as problem:
        raise invalid(
            found=problem.found,
            allowed="a Flink type: string, bigint, double, boolean, decimal(10,2), timestamp_ltz(3), "
            "array<...>, map<..., ...>, row<...>, ...",
            do=problem.do or "see docs/types.md",
        ) from None


def _not_split(value: object) -> object:
    """Detect `{a: decimal(10,2)}`, which YAML splits into two keys, to raise one error instead of one for each part."""
    keys = list(value) if isinstance(value, dict) else []
    for index, key in enumerate(keys):
        if index and isinstance(value, dict) and value[key] is None and re.search(r"[)>]\s*$", str(key)):
            column = keys[index - 1]
            found = f'"{column}: {value[column]}" and "{key}": YAML has split the type at its comma'
            raise invalid(found[:200], f'{column}: "{value[column]},{key}"'[:200], QUOTE_TYPE, column)
    return value


def _not_empty(value: dict[str, Type]) -> dict[str, Type]:
    if not value:
        raise invalid(found="no columns", allowed="at least one column", do="write NAME: TYPE for each column")
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


def _unique(names: list[str]) -> list[str]:
    if not names:
        raise invalid(found="an empty list", allowed="at least one column name", do="name a column")
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        raise invalid(found=f'"{duplicate}" twice', allowed="each name once", do="remove one of them")
    return names


ColumnNames = Annotated[list[Column], one_or_list("a column name"), AfterValidator(_unique), OneOrMore()]
"""One column name, or a list of them; always a list in the model."""


class _EitherOf:
    """Use `anyOf` in the JSON Schema: `all rows` is a text like a column name, so with `oneOf` it would match both forms."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {"anyOf": handler(schema)["oneOf"]}


ALL_ROWS = "all rows"
"""The key that puts all rows into one group. It contains a space, so no column can have this name."""

GroupKey = Annotated[
    Annotated[Literal["all rows"], Tag(f"{TAG}all")] | Annotated[ColumnNames, Tag(f"{TAG}columns")],
    Discriminator(lambda value: f"{TAG}all" if value == ALL_ROWS else f"{TAG}columns"),
    _EitherOf(),
]
"""The columns to group by, or the words `all rows`. It has no default, so a job file must choose."""
