"""Flink's messages about a query, as problems. tests/jobs/test_sql.py has the messages of the real planner."""

from __future__ import annotations

import pytest

from penstock.connectors.config.problems import Problem
from penstock.jobs.base.sql_errors import problem, unquoted_user

TABLES = {"records": ["user", "amount", "time"], "rates": ["currency"]}
ALLOWED = "records (user, amount, time); rates (currency)"


def found(query: str, text: str) -> Problem:
    return problem(query, text, TABLES, lambda word: word.upper() in {"TIME", "USER"})


@pytest.mark.parametrize(
    ("text", "sentence", "at", "do"),
    [
        (
            "SQL validation failed. From line 2, column 3 to line 2, column 7: Column 'amont' not found in any table",
            "Column 'amont' not found in any table",
            (2, 3),
            'did you mean "amount"?',
        ),
        (
            "SQL validation failed. At line 1, column 9: Object 'record' not found",
            "Object 'record' not found",
            (1, 9),
            'did you mean "records"?',
        ),
        ("Table 'qqqqqq' not found", "Table 'qqqqqq' not found", None, "correct the name"),
    ],
)
def test_a_missing_name_is_reported_with_the_existing_names(
    text: str, sentence: str, at: tuple[int, int] | None, do: str
) -> None:
    assert found("SELECT 1", text) == Problem(("query",), sentence, ALLOWED, do, at=at)


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ('SQL parse failed. Encountered "+ FROM" at line 1, column 15.\nWas expecting one of:\n  "a" ...',
         'Encountered "+ FROM"', (1, 15)),
        ("SQL parse failed. SQL validation failed. It is wrong.\nmore", "It is wrong.", None),
        ("", "an error without a message", None),
        ("  \n ", "an error without a message", None),
        ("At line 0, column 0: nowhere", "nowhere", None),
    ],
)  # fmt: skip
def test_another_message_is_reported_as_its_first_line_and_its_position(
    text: str, sentence: str, at: tuple[int, int] | None
) -> None:
    assert found("SELECT 1", text) == Problem(("query",), sentence, "", "correct the query", at=at)


def test_a_column_that_is_a_reserved_word_is_reported_where_it_is_written() -> None:
    query = "SELECT amount,\n  time\nFROM records"
    text = 'SQL parse failed. Encountered "time" at line 2, column 3.'
    expected = Problem(
        ("query",),
        'the column "time" without backticks',
        "`time`",
        "write `time` in backticks: it is a reserved word of SQL",
        at=(2, 3),
    )
    assert found(query, text) == expected


@pytest.mark.parametrize(
    "query",
    ["SELECT `time` FROM records", "SELECT 'it''s time' FROM records", "SELECT -- time\n1", "SELECT /* time\n */ 1"],
)
def test_a_word_in_backticks_in_a_text_or_in_a_comment_is_not_a_column(query: str) -> None:
    assert found(query, 'SQL parse failed. Encountered "x" at line 1, column 7.').do == "correct the query"


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("SELECT user FROM records", (1, 8)),
        ("SELECT 'user',\n  USER FROM records", (2, 3)),
        ("SELECT 'a\nb', user FROM records", (2, 5)),
        ("SELECT records.user, user FROM records", (1, 22)),
    ],
)
def test_a_column_user_without_backticks_is_reported_because_it_is_a_function_of_sql(
    query: str, at: tuple[int, int]
) -> None:
    reported = unquoted_user(query, ["User", "amount"])
    assert reported is not None
    assert (reported.path, reported.at) == (("query",), at)
    assert reported.do.endswith(" in backticks: it is a reserved word of SQL")


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT user FROM records", ["amount"]),
        ("SELECT `user` FROM records", ["user"]),
        ("SELECT records.user FROM records", ["user"]),
        ("SELECT records . user FROM records", ["user"]),
        ("SELECT amount AS user FROM records", ["user"]),
        ("SELECT 'user' FROM records -- user", ["user"]),
        ("SELECT users FROM records", ["user"]),
        ("", ["user"]),
    ],
)
def test_a_column_user_that_sql_reads_as_a_column_is_accepted(query: str, columns: list[str]) -> None:
    assert unquoted_user(query, columns) is None
