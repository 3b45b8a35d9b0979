"""Which columns of PostgreSQL can hold which types; tests/integration/test_postgres.py writes a value of each."""

from __future__ import annotations

import pytest

from penstock.connectors.config.types import parse
from penstock.connectors.jdbc.postgres_types import fits, new


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("string", "text"), ("varchar(3)", "text"), ("boolean", "boolean"), ("tinyint", "smallint"), ("int", "integer"),
        ("bigint", "bigint"), ("float", "real"), ("double", "double precision"), ("decimal(10, 2)", "numeric(10,2)"),
        ("date", "date"), ("time", "time(0)"), ("timestamp(3)", "timestamp(3)"), ("timestamp_ltz(9)", "timestamptz(6)"),
        ("bytes", "bytea"), ("array<string>", "jsonb"), ("map<string, int>", "jsonb"), ("row<a int>", "jsonb"),
    ],
)  # fmt: skip
def test_a_new_table_has_the_type_that_holds_every_value(kind: str, column: str) -> None:
    assert new(parse(kind)) == column
    name = {
        "boolean": "bool",
        "smallint": "int2",
        "integer": "int4",
        "bigint": "int8",
        "real": "float4",
        "double precision": "float8",
    }
    assert fits(parse(kind), name.get(column, column.partition("(")[0]), column)


@pytest.mark.parametrize(
    ("kind", "name", "shown", "expected"),
    [
        ("string", "uuid", "uuid", True),
        ("string", "my_enum", "my_enum", True),
        ("string", "int4", "integer", False),
        ("bigint", "int4", "integer", False),
        ("int", "int8", "bigint", True),
        ("int", "numeric", "numeric(9,0)", False),
        ("bigint", "numeric", "numeric", True),
        ("bigint", "numeric", "numeric(21,2)", True),
        ("decimal(10, 2)", "numeric", "numeric", True),
        ("decimal(10, 2)", "numeric", "numeric(12,4)", True),
        ("decimal(10, 2)", "numeric", "numeric(10,4)", False),
        ("decimal(10, 2)", "numeric", "numeric(10,1)", False),
        ("double", "float4", "real", False),
        ("timestamp(3)", "timestamp", "timestamp without time zone", True),
        ("timestamp(3)", "timestamp", "timestamp(0) without time zone", False),
        ("timestamp(3)", "timestamptz", "timestamp with time zone", False),
        ("array<int>", "json", "json", True),
        ("array<int>", "text", "text", False),
    ],
)  # fmt: skip
def test_a_column_fits_if_it_can_hold_every_value(kind: str, name: str, shown: str, expected: bool) -> None:
    assert fits(parse(kind), name, shown) is expected
