"""The limit of rejected rows: which shares and windows are allowed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.dead_letter.limit import DeadLetterLimit


def test_the_window_is_ten_thousand_rows_by_default() -> None:
    assert DeadLetterLimit(share=0.01).rows == 10_000


@pytest.mark.parametrize(
    ("keys", "key", "kind"),
    [
        ({}, "share", "missing"),
        ({"share": 0.0}, "share", "greater_than"),
        ({"share": 1.0}, "share", "less_than"),
        ({"share": 1}, "share", "less_than"),
        ({"share": float("nan")}, "share", "less_than"),
        ({"share": "0.1"}, "share", "float_type"),
        ({"share": 0.1, "rows": 0}, "rows", "greater_than_equal"),
        ({"share": 0.1, "rows": 1_000_000_001}, "rows", "less_than_equal"),
        ({"share": 0.1, "rows": 10.0}, "rows", "int_type"),
    ],
)
def test_a_share_is_between_0_and_1_and_a_window_has_rows(keys: dict[str, Any], key: str, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DeadLetterLimit.model_validate(keys)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [((key,), kind)]
