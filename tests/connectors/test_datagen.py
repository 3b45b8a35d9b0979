from __future__ import annotations

import pytest

from penstock.connectors.config.problems import Problem
from penstock.connectors.datagen import DatagenSource


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"n": {"min": 3, "max": 3}}, "min 3, which is not below max 3"),
        ({"n": {"min": 4, "max": 3}}, "min 4, which is not below max 3"),
        ({"n": {"max": 0.5}}, "max 0.5 for a column of type bigint"),
        ({"s": {"min": 1}}, "min for a column of type string"),
        ({"n": {"length": 3}}, "length for a column of type bigint"),
        ({"m": {}}, '"m", which is not a column'),
    ],
)
def test_settings_that_flink_would_reject_later_are_rejected(fields: dict[str, object], found: str) -> None:
    source = DatagenSource.model_validate({"columns": {"n": "bigint", "s": "string"}, "fields": fields})
    with pytest.raises(Problem) as caught:
        source.stream()
    assert caught.value.found == found


def test_rows_or_a_sequence_make_the_source_bounded() -> None:
    columns = {"columns": {"n": "bigint"}}
    assert not DatagenSource.model_validate(columns).bounded
    assert DatagenSource.model_validate({**columns, "rows": 5}).bounded
    assert DatagenSource.model_validate({**columns, "fields": {"n": {"sequence": [1, 5]}}}).bounded
