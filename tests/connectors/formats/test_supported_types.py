"""Column types that a record format cannot express are an error before the job starts."""

from __future__ import annotations

import pytest

from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.formats.supported_types import check_columns, check_rows


@pytest.mark.parametrize(
    ("name", "kind", "found", "do"),
    [
        ("csv", "map<string, int>", '"map<string, int>", which CSV cannot express', "declare it as string"),
        ("csv", "row<a map<string, int>>", "which CSV cannot express", "declare it as string"),
        ("json", "map<int, string>", "whose keys are of type int", "declare the keys as string"),
        ("json", "array<map<array<int>, string>>", "whose keys are of type array<int>", "declare the keys as string"),
        ("avro", "map<bytes, string>", "whose keys are of type bytes", "declare the keys as string"),
        ("raw", "date", "which the format raw does not have", "declare it as string"),
    ],
)
def test_a_type_that_a_format_cannot_express_is_an_error(name: str, kind: str, found: str, do: str) -> None:
    with pytest.raises(Problem) as caught:
        check_columns({"m": (parse(kind), name)}, "columns")
    assert caught.value.path == ("columns", "m")
    assert found in caught.value.found
    assert caught.value.do == f"{do}, or set another format"
    with pytest.raises(Problem) as caught:
        check_rows(name, {"m": parse(kind)})
    assert caught.value.path == ("format",)
    assert f"{name} for the column m of type {kind}" in caught.value.found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("csv", "array<int>"),
        ("csv", "row<a int, b string>"),
        ("json", "map<varchar(3), map<string, int>>"),
        ("avro", "map<string, date>"),
        ("raw", "bytes"),
        ("raw", "double"),
    ],
)
def test_other_types_are_accepted(name: str, kind: str) -> None:
    check_columns({"m": (parse(kind), name)}, "columns")
    check_rows(name, {"m": parse(kind)})
