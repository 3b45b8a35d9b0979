"""The columns of a stream: what a step may ask of them, and which columns a job file may declare."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter
from rejection import accepted, rejection

from penstock.connectors.config.columns import ALL_ROWS, Column, ColumnNames, Columns, ColumnTypes, GroupKey
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import INTEGERS, QUOTE_TYPE, Type, parse

ROWS = Columns({"id": parse("bigint"), "at": parse("timestamp_ltz(3)")}, event_time="at", key=("id",), bounded=True)


def test_a_column_that_a_step_needs_is_found_with_its_type() -> None:
    assert ROWS.need("id", "job") == Type("bigint") == ROWS["id"]
    assert ROWS.need("id", "job", among=INTEGERS, what="whole number") == Type("bigint")
    assert "id" in ROWS
    assert "ID" not in ROWS


def test_a_missing_column_is_reported_with_the_columns_that_exist() -> None:
    with pytest.raises(Problem) as caught:
        ROWS.need("idd", "job", "key", 0)
    assert caught.value == Problem(
        ("job", "key", 0), '"idd", which is not a column here', "id, at", 'did you mean "id"?'
    )


def test_a_column_of_another_type_is_reported_with_the_types_that_fit() -> None:
    with pytest.raises(Problem) as caught:
        ROWS.need("at", "value", among=("float", "double"), what="number")
    assert caught.value == Problem(
        ("value",),
        'column "at" of type timestamp_ltz(3)',
        "a number column (float, double)",
        "name another column, or change its type in the source",
    )


def test_a_name_is_free_only_if_no_column_has_it() -> None:
    ROWS.free("total", "to")
    with pytest.raises(Problem) as caught:
        ROWS.free("id", "to")
    assert caught.value == Problem(("to",), '"id", which is already a column', "a new name", "choose another name")


def test_event_time_is_lost_with_its_column_and_nothing_else_is() -> None:
    only_id = {"id": parse("bigint")}
    assert ROWS.with_types(only_id) == replace(ROWS, types=only_id, event_time=None)
    assert ROWS.with_types(ROWS.types, bounded=False) == replace(ROWS, bounded=False)
    assert ROWS.with_types({**ROWS.types, "end": parse("timestamp(3)")}, event_time="end").event_time == "end"


def test_a_column_name_has_up_to_128_characters() -> None:
    assert accepted(Column, "_" + "a" * 127) == "_" + "a" * 127
    assert rejection(Column, "a" * 129)[0] == f'"{"a" * 60}", which is not a column name'


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-b", "é", "a\n", "`a`"])
def test_a_text_that_is_no_identifier_is_not_a_column_name(name: str) -> None:
    assert rejection(Column, name) == (
        f'"{name}", which is not a column name',
        "1 to 128 letters, digits and _; the first is not a digit",
        "rename the column",
    )


def test_names_of_penstocks_own_columns_are_reserved() -> None:
    assert accepted(Column, "penstock") == "penstock"
    assert rejection(Column, "penstock_raw") == (
        '"penstock_raw", which begins with penstock_',
        "any other name: Penstock's own columns begin with penstock_",
        "rename the column",
    )


ANY_TYPE = "a Flink type: string, bigint, double, boolean, decimal(10,2), timestamp_ltz(3), array<...>, map<..., ...>, row<...>, ..."


@pytest.mark.parametrize(
    ("kind", "found", "do"),
    [
        (None, "a column without a type", "see docs/types.md"),
        (5, "5, which is not a type", "see docs/types.md"),
        (["int"], "['int'], which is not a type", "see docs/types.md"),
    ],
)
def test_a_column_needs_a_type_that_is_a_text(kind: object, found: str, do: str) -> None:
    assert rejection(ColumnTypes, {"a": kind}) == (found, ANY_TYPE, do)


def test_a_type_is_written_back_as_it_is_read() -> None:
    types = TypeAdapter(ColumnTypes)
    read = types.validate_python({"a": "DECIMAL(10,2)", "b": Type("int")})
    assert read == {"a": Type("decimal", (10, 2)), "b": Type("int")}
    assert types.dump_python(read) == {"a": "decimal(10, 2)", "b": "int"}


def test_a_source_needs_at_least_one_column() -> None:
    assert rejection(ColumnTypes, {}) == ("no columns", "at least one column", "write NAME: TYPE for each column")


def test_a_type_that_yaml_split_at_its_comma_is_one_error() -> None:
    assert rejection(ColumnTypes, {"a": "decimal(10", "2)": None}) == (
        '"a: decimal(10" and "2)": YAML has split the type at its comma',
        'a: "decimal(10,2)"',
        QUOTE_TYPE,
    )


def test_a_list_of_columns_may_be_one_name() -> None:
    assert accepted(ColumnNames, "a") == ["a"]
    assert accepted(ColumnNames, ["b", "a"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ([], ("an empty list", "at least one column name", "name a column")),
        (["a", "b", "b", "a"], ('"a" twice', "each name once", "remove one of them")),
        ("a, b", ('"a, b", which is one text with commas', "a column name, or a list of them", "write a list: [a, b]")),
    ],
)
def test_a_list_of_columns_holds_each_name_once(names: object, error: tuple[str, str, str]) -> None:
    assert rejection(ColumnNames, names) == error


def test_all_rows_is_a_group_and_no_column_name() -> None:
    assert accepted(GroupKey, ALL_ROWS) == "all rows"
    assert accepted(GroupKey, "all") == ["all"]
    assert rejection(GroupKey, [ALL_ROWS])[0] == '"all rows", which is not a column name'


def test_the_json_schema_of_a_group_accepts_one_name_a_list_and_all_rows() -> None:
    schema = TypeAdapter(GroupKey).json_schema()
    assert schema == {
        "anyOf": [
            {"const": "all rows", "type": "string"},
            {"anyOf": [{"type": "string"}, {"items": {"type": "string"}, "type": "array"}]},
        ]
    }
