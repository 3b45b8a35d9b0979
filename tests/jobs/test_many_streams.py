"""Many generated streams, each with its own key: out of order, late, with equal times. PENSTOCK_STREAMS=N generates N streams."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from equivalence import EVENT_TIME, assert_same, pipeline

from penstock.connectors.formats import codec
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.scripts.testing.check import canonical

STREAMS = int(os.environ.get("PENSTOCK_STREAMS", "600"))
BATCH = max(600, STREAMS // 20)
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
COLUMNS = {"k": "string", "v": "int", "at": "timestamp_ltz(3)"}
FILTER = {"uppercase_filter": {"column": "k", "keep": {"not_equals": "S3"}}}


def _sum(window: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "rolling_sum": {
            "key": "k",
            "aggregates": {"n": {"count": "*"}, "total": {"sum": "v"}},
            "window": window,
            **more,
        }
    }


def _dedup(by: str) -> dict[str, Any]:
    return {"dedup": {"key": ["k", "v"], "keep": "first", "by": by, "ttl": "never"}}


JOBS: dict[str, Any] = {
    "tumble": _sum({"tumble": "10 s"}),
    "hop": _sum({"hop": {"size": "20 s", "slide": "5 s"}}),
    "cumulate": _sum({"cumulate": {"size": "20 s", "step": "5 s"}}),
    "session": _sum({"session": "4 s"}),
    "rolling": _sum({"rolling_time": "6 s"}),
    "dedup": _dedup("arrival"),
    "chain": [FILTER, _dedup("arrival"), _sum({"tumble": "10 s"})],
}

_AGGREGATES = "COUNT(*) {0} AS n, SUM(CAST(v AS DECIMAL(38, 0))) {0} AS total"


def _windows(call: str) -> str:
    bounds = ", ".join(f"CAST({bound} AS TIMESTAMP_LTZ(3)) AS {bound}" for bound in ("window_start", "window_end"))
    return f"SELECT k, {bounds}, {_AGGREGATES.format('')} FROM TABLE({call}) GROUP BY k, window_start, window_end"


# Equivalent queries for Flink's batch mode. Batch mode has no watermarks, so it cannot run the plan of a job, which routes late rows.
# It does
# not support session windows, and a RANGE over a computed time does not compile.
IN_BATCH = {
    "tumble": _windows("TUMBLE(TABLE records, DESCRIPTOR(`at`), INTERVAL '10' SECOND)"),
    "hop": _windows("HOP(TABLE records, DESCRIPTOR(`at`), INTERVAL '5' SECOND, INTERVAL '20' SECOND)"),
    "cumulate": _windows("CUMULATE(TABLE records, DESCRIPTOR(`at`), INTERVAL '5' SECOND, INTERVAL '20' SECOND)"),
    "rolling": f"SELECT k, v, `at`, {_AGGREGATES.format('OVER w')} FROM (SELECT *, EXTRACT(EPOCH FROM `at`) * 1000 "
    "+ EXTRACT(MILLISECOND FROM `at`) AS millis FROM records) "
    "WINDOW w AS (PARTITION BY k ORDER BY millis RANGE BETWEEN 6000 PRECEDING AND CURRENT ROW)",
    "dedup": "SELECT k, v, `at` FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY `at`) AS place FROM records) "
    "WHERE place = 1",
}


def streams(seed: int, count: int, most_late: float = 30) -> list[dict[str, Any]]:
    """Return the mixed rows of `count` streams, with equal times, times slightly out of order, and some very late rows."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for stream in range(count):
        second = dice.uniform(0, 60)
        for _ in range(dice.randint(1, 9)):
            second += dice.choice([0, 0, 0.001, 1, 4, 4.001, 11])
            behind = dice.choice([0, 0, 0, 2, most_late])
            at = START + timedelta(milliseconds=round(1000 * max(0, second - behind)))
            rows.append(
                {
                    "k": f"s{stream}",
                    "v": dice.choice([0, 1, 1, -7, 2**30]),
                    "at": at,
                    "order": second + dice.uniform(0, 3),
                }
            )
    rows.sort(key=lambda row: row.pop("order"))
    return rows


@pytest.mark.parametrize("job", JOBS)
def test_flink_equals_the_reference_for_many_streams(job: str, cluster: MiniCluster) -> None:
    late = 0
    for seed, start in enumerate(range(0, STREAMS, BATCH)):
        rows = streams(seed, min(BATCH, STREAMS - start))
        output = assert_same(cluster, pipeline(JOBS[job], COLUMNS, rows, EVENT_TIME))
        assert output.rows
        late += len(output.dead_letters)
    assert late or job == "dedup", "no row was late, so the test proves little"


@pytest.mark.slow
@pytest.mark.parametrize("job", ["tumble", "dedup", "chain"])
def test_neither_partitions_nor_parallelism_change_the_result(
    job: str, cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    """Rows that are not late have the same result for any partitioning. For dedup the rows of a key stay in one partition, in order."""
    rows = streams(11, 300, most_late=2)
    results = []
    for partitions, parallelism in ((1, 1), (4, 1), (4, 2), (3, 3)):
        name = topic(f"spread-{job}-{partitions}-{parallelism}", _spread(rows, partitions), partitions)
        made = Pipeline.model_validate(
            {
                "name": "spread",
                "source": {
                    "kafka": {
                        "bootstrap": kafka, "topic": name, "group": "spread", "start": "earliest", "until": "latest",
                        "columns": COLUMNS, "event_time": {"column": "at", "out_of_order": "30 s"},
                    }
                },
                "job": JOBS[job],
                "sink": {"console": {}},
                "dead_letters": {"blackhole": {}},
                "flink": {"parallelism": parallelism},
            }
        )  # fmt: skip
        results.append(Counter(canonical(row) for row in cluster.run(made).rows()))
    assert all(result == results[0] for result in results[1:])
    assert results[0]


@pytest.mark.parametrize("job", IN_BATCH)
def test_rows_that_are_not_late_have_the_result_of_batch_mode(job: str, cluster: MiniCluster) -> None:
    rows = streams(12, 300, most_late=2)
    event_time = {"column": "at", "out_of_order": "30 s"}
    streamed = pipeline(_dedup("event_time") if job == "dedup" else JOBS[job], COLUMNS, rows, event_time)
    columns = {name: str(of) for name, of in streamed.output_columns().types.items()}
    batch = pipeline({"sql": {"query": IN_BATCH[job], "columns": columns}}, COLUMNS, rows, event_time)
    results = [
        Counter(canonical(row) for row in cluster.run(made, options={"execution.runtime-mode": mode}).rows())
        for made, mode in ((streamed, "STREAMING"), (batch, "BATCH"))
    ]
    assert results[0] == results[1]
    assert results[0]


def _spread(rows: list[dict[str, Any]], partitions: int) -> list[tuple[int, None, bytes]]:
    import json

    encoded = [json.dumps({name: codec.encode(value) for name, value in row.items()}).encode() for row in rows]
    return [(int(row["k"][1:]) % partitions, None, value) for row, value in zip(rows, encoded, strict=True)]
