"""Column types: the grammar of `decimal(10,2)` and `array<row<a int>>`, as a small tree.

    type   = simple | name "(" int {"," int} ")" | "array<" type ">" | "map<" type "," type ">"
           | "row<" name type {"," name type} ">"    , each followed by an optional "not null"

The names are Flink SQL's own, in lower case. A user's text never reaches Flink: `sql()` writes the tree anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from penstock.connectors.base.problems import nearest

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_TOKEN = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[<>(),])|(\S))", re.ASCII)
_DEEPEST = 16
_LONGEST = 4096

# name -> (least, most, default) of each number in its parentheses; no default: the number must be given
_PARAMETERS: dict[str, tuple[tuple[int, int, int | None], ...]] = {
    "decimal": ((1, 38, 10), (0, 38, 0)),
    "timestamp": ((0, 9, 3),),
    "timestamp_ltz": ((0, 9, 3),),
    "char": ((1, 2147483647, None),),
    "varchar": ((1, 2147483647, None),),
}
INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
APPROXIMATE = ("float", "double")
NUMBERS = (*INTEGERS, *APPROXIMATE, "decimal")
TEXTS = ("string", "char", "varchar")
TIMES = ("timestamp", "timestamp_ltz")
_SIMPLE = ("string", "boolean", *INTEGERS, *APPROXIMATE, "bytes", "date", "time")
NAMES = (*_SIMPLE, *_PARAMETERS, "array", "map", "row")


# What pandas, Spark, Postgres, Avro, Java and others call a type -> our name for it.
ALIASES = {
    **dict.fromkeys(
        ("text", "str", "utf8", "object", "keyword", "clob", "nvarchar", "uuid", "json", "jsonb"), "string"
    ),
    **dict.fromkeys(("long", "int64", "int8", "bigserial", "uint32"), "bigint"),
    **dict.fromkeys(("int32", "integer", "int4", "serial", "uint16"), "int"),
    **dict.fromkeys(("short", "int16", "int2", "uint8"), "smallint"),
    **dict.fromkeys(("byte",), "tinyint"),
    **dict.fromkeys(("number", "float64", "float8", "real8"), "double"),
    **dict.fromkeys(("float32", "float4", "real"), "float"),
    **dict.fromkeys(("bool", "bit"), "boolean"),
    **dict.fromkeys(("numeric", "money"), "decimal(18, 2)"),
    **dict.fromkeys(("uint64",), "decimal(20, 0)"),
    **dict.fromkeys(
        ("datetime", "datetime64", "timestamptz", "timestamp_tz", "instant", "timestampz"), "timestamp_ltz(3)"
    ),
    **dict.fromkeys(("timestamp_ntz", "localdatetime"), "timestamp(3)"),
    **dict.fromkeys(("binary", "varbinary", "bytea", "blob"), "bytes"),
    **dict.fromkeys(("list",), "array<string>"),
    **dict.fromkeys(("dict",), "map<string, string>"),
    **dict.fromkeys(("struct", "record"), "row<a int, b string>"),
}
QUOTE_TYPE = "close the bracket; inside YAML's braces quote the whole type, because a comma ends a text there"


class TypeProblem(ValueError):
    """The text is not a type; `do` says what to write instead."""

    def __init__(self, found: str, do: str = "") -> None:
        super().__init__(found)
        self.found, self.do = found, do


@dataclass(frozen=True)
class Type:
    """One column type: `of` holds the element types of array, map and row, `names` the field names of a row."""

    name: str
    numbers: tuple[int, ...] = ()
    of: tuple[Type, ...] = ()
    names: tuple[str, ...] = ()
    nullable: bool = True

    def __str__(self) -> str:
        inner = [f"{n} {t}" for n, t in zip(self.names, self.of, strict=True)] if self.names else map(str, self.of)
        return self._spelled(self.name, list(inner)) + ("" if self.nullable else " not null")

    def sql(self) -> str:
        """Flink's own text for it, written from the tree alone."""
        inner = [t.sql() for t in self.of]
        if self.names:
            inner = [f"`{n}` {t}" for n, t in zip(self.names, inner, strict=True)]
        return self._spelled(self.name.upper(), inner) + ("" if self.nullable else " NOT NULL")

    def _spelled(self, name: str, inner: list[str]) -> str:
        numbers = f"({', '.join(map(str, self.numbers))})" if self.numbers else ""
        return name + numbers + (f"<{', '.join(inner)}>" if inner else "")

    def optional(self) -> Type:
        """The same type, NULL allowed."""
        return replace(self, nullable=True)

    @property
    def is_number(self) -> bool:
        return self.name in NUMBERS

    @property
    def is_text(self) -> bool:
        return self.name in TEXTS


def parse(text: str) -> Type:
    """The tree of a type's text. Raises TypeProblem."""
    if len(text) > _LONGEST:
        raise TypeProblem("a type of over 4,096 characters")
    if text.count("(") > text.count(")") or text.count("<") > text.count(">"):
        raise TypeProblem(f'"{text[:60]}", whose bracket is not closed', QUOTE_TYPE)
    tokens = _Tokens(text)
    result = _type(tokens, 0)
    if tokens.here is not None:
        zoned = result.name == "timestamp" and tokens.here.lower() in ("with", "without")
        zone = "timestamp_ltz(3)" if tokens.here.lower() == "with" else "timestamp(3)"
        do = f"write {zone}" if zoned else "end the text there"
        raise TypeProblem(f'"{tokens.here}" after the type {result}', do)
    return result


class _Tokens:
    def __init__(self, text: str) -> None:
        self._rest: Iterator[re.Match[str]] = _TOKEN.finditer(text)
        self.here: str | None = None
        self.next()

    def next(self) -> str | None:
        taken, match = self.here, next(self._rest, None)
        if match and match[2]:
            raise TypeProblem(f"the character {match[2]!r}")
        self.here = match[1] if match else None
        return taken

    def expect(self, wanted: str, after: str) -> None:
        if self.here != wanted:
            raise TypeProblem(
                f'{(self.here and chr(34) + self.here + chr(34)) or "the end"} where "{wanted}" must stand', after
            )
        self.next()


def _type(tokens: _Tokens, depth: int) -> Type:
    if depth > _DEEPEST:
        raise TypeProblem(f"a type nested deeper than {_DEEPEST}")
    word = (tokens.next() or "").lower()
    if word not in NAMES:
        found = f'"{word}", which is not a type' if word else "no type"
        raise TypeProblem(found, f"write {ALIASES[word]}" if word in ALIASES else nearest(word, NAMES))
    if word in _PARAMETERS:
        result = Type(word, _numbers(word, tokens))
    elif word in _SIMPLE:
        result = Type(word)
    else:
        result = _nested(word, tokens, depth)
    if (tokens.here or "").lower() == "not":
        tokens.next()
        if (tokens.next() or "").lower() != "null":
            raise TypeProblem('"not" without "null"', 'write "not null"')
        result = replace(result, nullable=False)
    return result


def _numbers(word: str, tokens: _Tokens) -> tuple[int, ...]:
    limits = _PARAMETERS[word]
    given: list[int] = []
    if tokens.here == "(":
        while tokens.here != ")" and len(given) < len(limits):
            tokens.next()
            digits = tokens.next() or ""
            if not digits.isdigit() or len(digits) > 10:
                raise TypeProblem(f'"{digits}" in the parentheses of {word}', "write whole numbers there")
            given.append(int(digits))
        tokens.expect(")", f"{word} takes {len(limits)} number{'s' if len(limits) > 1 else ''}")
    values = [*given, *(default for _, _, default in limits[len(given) :])]
    for value, (least, most, _) in zip(values, limits, strict=True):
        if value is None:
            raise TypeProblem(f"{word} without a length", f"write {word}(20), or string")
        if not least <= value <= most:
            raise TypeProblem(f"{value} in {word}", f"choose {least} to {most}")
    if word == "decimal" and values[1] > values[0]:  # type: ignore[operator]
        raise TypeProblem(f"decimal({values[0]}, {values[1]})", "the scale is at most the precision")
    return tuple(value for value in values if value is not None)


def _nested(word: str, tokens: _Tokens, depth: int) -> Type:
    tokens.expect(
        "<", {"array": "write array<int>", "map": "write map<string, int>"}.get(word, "write row<a int, b string>")
    )
    names: list[str] = []
    if word == "row":
        inner, names = _fields(tokens, depth)
    else:
        inner = [_type(tokens, depth + 1)]
    if word == "map":
        tokens.expect(",", "a map has a key type and a value type")
        inner.append(_type(tokens, depth + 1))
    tokens.expect(">", f"close the {word} with >")
    return Type(word, of=tuple(inner), names=tuple(names))


def _fields(tokens: _Tokens, depth: int) -> tuple[list[Type], list[str]]:
    inner: list[Type] = []
    names: list[str] = []
    while not names or tokens.here == ",":
        if names:
            tokens.next()
        name = tokens.next() or ""
        if not IDENTIFIER.fullmatch(name) or name in names:
            raise TypeProblem(f'"{name}" as a field name of a row', "give each field a name of its own")
        names.append(name)
        inner.append(_type(tokens, depth + 1))
    return inner, names
