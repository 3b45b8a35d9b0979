"""Column types such as `decimal(10,2)` and `array<row<a int>>`: the grammar, and the syntax tree.

    type   = simple | name "(" int {"," int} ")" | "array<" type ">" | "map<" type "," type ">"
           | "row<" name type {"," name type} ">"    , each followed by an optional "not null"

The names are those of Flink SQL, in lower case. A user's text never reaches Flink: `sql()` generates SQL from the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from penstock.connectors.config.problems import nearest
from penstock.connectors.config.texts import counted

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_TOKEN = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[<>(),])|(\S))", re.ASCII)
_DEEPEST = 16
_LONGEST = 4096

# name -> (minimum, maximum, default) of each number in its parentheses. Without a default the number is required.
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


# Names of types in pandas, Spark, Postgres, Avro, Java and other systems -> the type to use instead, for the error message.
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
QUOTE_TYPE = "close the bracket; inside the braces of YAML, quote the whole type, because a comma ends a value there"


class TypeProblem(ValueError):
    """The text is not a type. `do` says what to write instead; it may be empty."""

    def __init__(self, found: str, do: str = "") -> None:
        super().__init__(found)
        self.found, self.do = found, do


@dataclass(frozen=True)
class Type:
    """One column type. `str()` returns the text that `parse` accepts."""

    name: str
    """The name without parameters, such as `decimal`."""

    numbers: tuple[int, ...] = ()
    """Length, precision, or precision and scale."""

    of: tuple[Type, ...] = ()
    """The element type of an array, the key and value type of a map, the field types of a row."""

    names: tuple[str, ...] = ()
    """The field names of a row."""

    nullable: bool = True
    """False for `not null`."""

    def __str__(self) -> str:
        inner = [f"{n} {t}" for n, t in zip(self.names, self.of, strict=True)] if self.names else map(str, self.of)
        return self._spelled(self.name, list(inner)) + ("" if self.nullable else " not null")

    def sql(self) -> str:
        """The type in Flink SQL."""
        inner = [t.sql() for t in self.of]
        if self.names:
            inner = [f"`{n}` {t}" for n, t in zip(self.names, inner, strict=True)]
        return self._spelled(self.name.upper(), inner) + ("" if self.nullable else " NOT NULL")

    def _spelled(self, name: str, inner: list[str]) -> str:
        numbers = f"({', '.join(map(str, self.numbers))})" if self.numbers else ""
        return name + numbers + (f"<{', '.join(inner)}>" if inner else "")

    def optional(self) -> Type:
        """The same type with NULL allowed."""
        return replace(self, nullable=True)

    @property
    def is_number(self) -> bool:
        return self.name in NUMBERS

    @property
    def is_text(self) -> bool:
        return self.name in TEXTS


def parse(text: str) -> Type:
    """Parse the text of a type. Raises TypeProblem."""
    if len(text) > _LONGEST:
        raise TypeProblem(f"a type of {len(text):,} characters", f"write at most {_LONGEST:,} characters")
    if text.count("(") > text.count(")") or text.count("<") > text.count(">"):
        raise TypeProblem(f'"{text[:60]}", in which a bracket is not closed', QUOTE_TYPE)
    tokens = _Tokens(text)
    result = _type(tokens, 0)
    if tokens.here is not None:
        zoned = result.name == "timestamp" and tokens.here.lower() in ("with", "without")
        zone = "timestamp_ltz(3)" if tokens.here.lower() == "with" else "timestamp(3)"
        do = f"write {zone}" if zoned else f'remove everything from "{tokens.here}" on'
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
            found = f'"{self.here}"' if self.here else "the end of the type"
            raise TypeProblem(f'{found} in place of "{wanted}"', after)
        self.next()


def _type(tokens: _Tokens, depth: int) -> Type:
    if depth > _DEEPEST:
        raise TypeProblem(f"a type with more than {_DEEPEST} levels of nesting", f"use at most {_DEEPEST} levels")
    word = (tokens.next() or "").lower()
    if word not in NAMES:
        found = f'"{word}", which is not a type' if word else "a missing type"
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
    written: list[int] = []
    if tokens.here == "(":
        while tokens.here != ")" and len(written) < len(limits):
            tokens.next()
            digits = tokens.next() or ""
            if not digits.isdigit() or len(digits) > 10:
                raise TypeProblem(f'"{digits}" in the parentheses of {word}', "write whole numbers there")
            written.append(int(digits))
        at_most = "at most " if len(limits) > 1 else ""
        tokens.expect(")", f"{word} takes {at_most}{counted(len(limits), 'number')}")
    values = [*written, *(default for _, _, default in limits[len(written) :])]
    for value, (minimum, maximum, _) in zip(values, limits, strict=True):
        if value is None:
            raise TypeProblem(f"{word} without a length", f"write {word}(20), or string")
        if not minimum <= value <= maximum:
            raise TypeProblem(f"{value} in the parentheses of {word}", f"choose a number from {minimum} to {maximum}")
    if word == "decimal" and values[1] > values[0]:  # type: ignore[operator]
        found = f"decimal({values[0]}, {values[1]}), with a scale greater than the precision"
        raise TypeProblem(found, "choose a scale of at most the precision")
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
            found = f'the field name "{name}" twice' if name in names else f'"{name}" in place of a field name'
            raise TypeProblem(f"{found} in a row", "give each field a different name of letters, digits and _")
        names.append(name)
        inner.append(_type(tokens, depth + 1))
    return inner, names
