from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.connectors.config.types import NAMES, QUOTE_TYPE, Type, TypeProblem, parse

SIMPLE = st.sampled_from(["string", "bigint", "double", "boolean", "bytes", "date"]).map(Type)
DECIMAL = st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: Type("decimal", (p, s))))
TYPES = st.recursive(
    SIMPLE | DECIMAL | st.integers(0, 9).map(lambda p: Type("timestamp_ltz", (p,))),
    lambda inner: st.one_of(
        inner.map(lambda t: Type("array", of=(t,))),
        st.tuples(SIMPLE, inner).map(lambda p: Type("map", of=p)),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda ts: Type("row", of=tuple(ts), names=tuple(f"f{i}" for i in range(len(ts))))
        ),
    ),
    max_leaves=6,
)


@given(TYPES, st.booleans())
def test_a_type_is_parsed_from_its_own_text(kind: Type, nullable: bool) -> None:
    whole = Type(kind.name, kind.numbers, kind.of, kind.names, nullable)
    assert parse(str(whole)) == whole


def test_sql_is_generated_from_the_tree() -> None:
    assert (
        parse("ROW< a  INT NOT NULL, b array<decimal(4,2)> >").sql()
        == "ROW<`a` INT NOT NULL, `b` ARRAY<DECIMAL(4, 2)>>"
    )


def test_default_parameters_are_those_of_flink() -> None:
    assert [str(parse(text)) for text in ("decimal", "decimal(5)", "timestamp")] == [
        "decimal(10, 0)",
        "decimal(5, 0)",
        "timestamp(3)",
    ]


@pytest.mark.parametrize(
    ("text", "found", "do"),
    [
        ("", "a missing type", ""),
        ("strng", '"strng", which is not a type', 'did you mean "string"?'),
        ("varchar", "varchar without a length", "write varchar(20), or string"),
        (
            "decimal(4,5)",
            "decimal(4, 5), with a scale greater than the precision",
            "choose a scale of at most the precision",
        ),
        ("decimal(50)", "50 in the parentheses of decimal", "choose a number from 1 to 38"),
        ("decimal(x)", '"x" in the parentheses of decimal', "write whole numbers there"),
        ("decimal(1,1,1)", '"," in place of ")"', "decimal takes at most 2 numbers"),
        ("array<int", '"array<int", in which a bracket is not closed', QUOTE_TYPE),
        ("map<int>", '">" in place of ","', "a map has a key type and a value type"),
        ("int)", '")" after the type int', 'remove everything from ")" on'),
        (
            "row<a int, a int>",
            'the field name "a" twice in a row',
            "give each field a different name of letters, digits and _",
        ),
        (
            "row<1 int>",
            '"1" in place of a field name in a row',
            "give each field a different name of letters, digits and _",
        ),
        ("int not", '"not" without "null"', 'write "not null"'),
        ("int; DROP", "the character ';'", ""),
        ("array<" * 20 + "int" + ">" * 20, "a type with more than 16 levels of nesting", "use at most 16 levels"),
        ("x" * 5000, "a type of 5,000 characters", "write at most 4,096 characters"),
    ],
)
def test_the_error_says_why_a_text_is_not_a_type(text: str, found: str, do: str) -> None:
    with pytest.raises(TypeProblem) as caught:
        parse(text)
    assert (caught.value.found, caught.value.do) == (found, do)


@given(st.text("abcdeilmnorstuvwy<>(),0123456789_` ';-", max_size=40) | st.sampled_from(NAMES))
def test_any_text_is_a_type_or_raises_a_type_problem(text: str) -> None:
    try:
        assert parse(str(parse(text))) == parse(text)
    except TypeProblem:
        pass
