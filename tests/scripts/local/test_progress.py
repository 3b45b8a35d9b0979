from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from jobs.pipeline import Pipeline
from scripts.local.progress import Progress, count

FILES = {"files": {"path": "out"}}


def pipeline(sink: Any, dead_letters: Any = None) -> Pipeline:
    source = {"values": {"columns": {"a": "string"}, "rows": []}}
    job = {"uppercase_filter": {"column": "a"}}
    return Pipeline.model_validate(
        {
            "name": "x" * 100,
            "source": source,
            "job": job,
            "sink": sink,
            **({"dead_letters": dead_letters} if dead_letters else {}),
        }
    )


SOURCE = {
    "Source: source_records[1]": {"numRecordsIn": 10, "numRecordsOut": 10, "currentOutputWatermark": 1_767_225_600_000}
}


def test_in_is_out_and_filtered_and_refused() -> None:
    operators = {
        **SOURCE,
        "sink_1[4]: Writer": {"numRecordsIn": 6},
        "Calc[3]": {"penstock_refused_late": 1, "penstock_refused_null_key": 2},
    }
    seen = count(operators, pipeline({"console": {}}), final=True)
    assert (seen.rows_in, seen.rows_out, seen.filtered, seen.refused) == (10, 6, 1, {"late": 1, "null_key": 2})
    assert seen.watermark == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert (
        seen.text()
        == "rows in 10, out 6, filtered 1, dead letters 3 (late 1, null_key 2), watermark 2026-01-01T00:00:00Z"
    )


def test_file_sinks_share_one_name() -> None:
    operators = {**SOURCE, "StreamingFileWriter": {"numRecordsIn": 13}, "Calc[3]": {"penstock_refused_late": 1}}
    assert count(operators, pipeline([FILES, FILES], FILES)).rows_out == 6


def test_every_sink_is_given_all_rows() -> None:
    operators = {
        **SOURCE,
        "sink_1[4]: Writer": {"numRecordsIn": 7},
        "sink_2[5]: Writer": {"numRecordsIn": 7},
        "dead_letters[9]: Writer": {"numRecordsIn": 99},
    }
    assert count(operators, pipeline([{"console": {}}, {"blackhole": {}}])).rows_out == 7


def test_before_anything_is_known() -> None:
    assert Progress().text() == "rows in 0, out 0, dead letters 0"
