from __future__ import annotations

from penstock.jobs.uppercase_filter import Keep, UppercaseFilter
from penstock.udfs.rows import Rows


def given(job: UppercaseFilter, *texts: str | None) -> list[object]:
    return [row.get("upper", row["text"]) for row in job.reference(Rows.of({"text": text} for text in texts)).rows]


def test_the_result_replaces_the_column_by_default() -> None:
    assert given(UppercaseFilter(column="text"), "straße", None) == ["STRASSE", None]


def test_the_original_column_stays_when_the_result_has_another_column() -> None:
    rows = UppercaseFilter(column="text", to="upper").reference(Rows.of([{"text": "a"}])).rows
    assert rows == [{"text": "a", "upper": "A"}]


def test_keep_tests_the_text_after_or_before_the_conversion() -> None:
    assert given(UppercaseFilter(column="text", keep=Keep(starts_with="A")), "ab", "AB") == ["AB", "AB"]
    assert given(UppercaseFilter(column="text", keep=Keep(starts_with="A"), when="before"), "ab", "AB") == ["AB"]
