from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from penstock.jobs.pipeline.job_name import JobName

NAME: TypeAdapter[str] = TypeAdapter(JobName)
ALLOWED = "lower-case letters, digits and -, a letter first, at most 100 characters"


def problem(text: str) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        NAME.validate_python(text)
    return caught.value.errors()[0]["ctx"]


@given(text=st.from_regex(r"[a-z][a-z0-9-]{0,99}", fullmatch=True))
def test_letters_digits_and_dashes_are_a_job_name(text: str) -> None:
    assert NAME.validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("Order_Totals", "write order-totals"),
        ("order totals.v2", "write order-totals-v2"),
        ("9sums", "write sums"),
        ("-a-", "write a"),
        ("a.local", "write a-local"),
        ("a\n", "write a"),
        ("a" * 101, f"write {'a' * 100}"),
        ("", "choose another name"),
        ("42", "choose another name"),
        ("名前", "choose another name"),
    ],
)
def test_another_text_is_rejected_with_a_name_that_is_similar(text: str, do: str) -> None:
    expected = {"found": f'"{text[:60]}", which is not a job name', "allowed": ALLOWED, "do": do, "key": None}
    assert problem(text) == expected


@given(text=st.text(max_size=130))
def test_a_suggested_name_is_a_job_name(text: str) -> None:
    try:
        NAME.validate_python(text)
    except ValidationError:
        do = problem(text)["do"]
        assert do == "choose another name" or re.fullmatch(r"write [a-z][a-z0-9-]{0,99}", do)
