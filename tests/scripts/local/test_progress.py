from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.scripts.local.progress import Progress, count


def pipeline(sink: Any, dead_letters: Any = None) -> Pipeline:
    source = {"values": {"columns": {"a": "string"}, "rows": []}}
    job = {"uppercase_filter": {"column": "a", "keep": {"contains": "x"}}}
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
    "Source: source_records[1]": {"currentOutputWatermark": 1_767_225_600_000},
    "count_in": {"penstock_in": 10},
}


def test_rows_in_are_rows_out_plus_filtered_and_rejected_rows() -> None:
    operators = {
        **SOURCE,
        "count_sink_1": {"penstock_sink_1": 6},
        "count_refused": {"penstock_refused_late": 1, "penstock_refused_null_key": 2},
    }
    seen = count(operators, pipeline({"console": {}}), final=True)
    assert (seen.rows_in, seen.rows_out, seen.filtered, seen.rejected) == (10, 6, 1, {"late": 1, "null_key": 2})
    assert seen.watermark == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert (
        seen.text()
        == "rows in 10, out 6, filtered 1, dead letters 3 (late 1, null_key 2), watermark 2026-01-01T00:00:00Z"
    )


def test_rows_that_a_sink_rejects_are_subtracted_once_and_only_if_the_first_sink_rejected_them() -> None:
    operators = {**SOURCE, "sink_1": {"penstock_sink_1": 6}, "count_refused": {"penstock_refused_rejected": 2}}
    postgres = {"url": "postgresql://localhost/x", "table": "x", "on_error": "dead_letter"}
    dead: dict[str, Any] = {"blackhole": {}}
    seen = count(operators, pipeline({"postgres": postgres}, dead), final=True)
    assert (seen.filtered, seen.dead) == (2, 2)
    assert count(operators, pipeline([{"console": {}}, {"postgres": postgres}], dead), final=True).rest is None


def test_all_sources_but_only_the_first_sink_are_counted() -> None:
    operators = {
        **SOURCE,
        "another": {"penstock_in": 5},
        "count_sink_1": {"penstock_sink_1": 7},
        "count_sink_2": {"penstock_sink_2": 7},
    }
    seen = count(operators, pipeline([{"console": {}}, {"blackhole": {}}]))
    assert (seen.rows_in, seen.rows_out) == (15, 7)


def test_progress_is_zero_before_the_first_report() -> None:
    assert Progress().text() == "rows in 0, out 0, dead letters 0"


def test_the_remaining_rows_are_named_by_what_can_have_happened_to_them() -> None:
    operators = {**SOURCE, "count_sink_1": {"penstock_sink_1": 6}, "count_aggregated": {"penstock_aggregated": 7}}
    keep = {"uppercase_filter": {"column": "a", "keep": {"contains": "x"}}}
    whole, window = (
        {"uppercase_filter": {"column": "a"}},
        {"rolling_sum": {"key": "all rows", "value": "n", "window": {"tumble": "1 s"}}},
    )
    assert text(operators, whole, finished=True) == "unaccounted 4"
    assert text(operators, whole) == "on the way 4"
    assert text({**operators, "count_sink_1": {"penstock_sink_1": 10}}, whole, finished=True) == "filtered 0"
    assert text(operators, keep) == "filtered 4"
    assert text(operators, window) == "aggregated 7, in open windows 3"
    assert text(operators, window, finished=True) == "aggregated 7, unaccounted 3"
    assert text(operators, keep, window) == "aggregated 7, filtered or in open windows 3"
    assert text(operators, keep, window, finished=True) == "aggregated 7, filtered 3"


def text(operators: Any, *steps: Any, finished: bool = False) -> str:
    """Return the part of the text between `out` and the dead letters."""
    made = {
        "name": "rest",
        "source": {
            "datagen": {
                "columns": {"a": "string", "n": "bigint", "at": "timestamp_ltz(3)"},
                "event_time": {"column": "at"},
            }
        },
        "job": list(steps),
        "sink": {"console": {}},
        "dead_letters": {"blackhole": {}},
    }
    shown = count(operators, Pipeline.model_validate(made), final=True).text(finished)
    return shown.removeprefix("rows in 10, out ").split(", ", 1)[1].split(", dead letters")[0]


def test_a_report_after_the_final_one_stays_final(cluster: MiniCluster, tmp_path: Path) -> None:
    """Flink closes a reporter before it stops the thread that calls the reporter."""
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    options = jvm.org.apache.flink.metrics.MetricConfig()
    options.setProperty("path", str(tmp_path / "progress.json"))
    reporter = jvm.penstock.ProgressReporter()
    reporter.open(options)
    reporter.report()
    assert not json.loads((tmp_path / "progress.json").read_text())["final"]
    reporter.close()
    reporter.report()
    assert json.loads((tmp_path / "progress.json").read_text())["final"]
