from __future__ import annotations

import pytest

from penstock.connectors.base.problems import Problem
from penstock.connectors.datagen import DatagenSource


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"n": {"min": 3, "max": 3}}, "min 3, which is not below max 3"),
        ({"n": {"min": 4, "max": 3}}, "min 4, which is not below max 3"),
        ({"s": {"min": 1}}, "min for a string column"),
        ({"n": {"length": 3}}, "length for a bigint column"),
        ({"m": {}}, '"m", which is no column'),
    ],
)
def test_what_flink_would_refuse_later_is_refused(fields: dict[str, object], found: str) -> None:
    source = DatagenSource.model_validate({"columns": {"n": "bigint", "s": "string"}, "fields": fields})
    with pytest.raises(Problem) as caught:
        source.stream()
    assert caught.value.found == found


def test_it_ends_with_rows_or_a_sequence() -> None:
    columns = {"columns": {"n": "bigint"}}
    assert not DatagenSource.model_validate(columns).bounded
    assert DatagenSource.model_validate({**columns, "rows": 5}).bounded
    assert DatagenSource.model_validate({**columns, "fields": {"n": {"sequence": [1, 5]}}}).bounded
