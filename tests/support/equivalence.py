"""Compare a job in Flink with its plain-Python reference, on one shared mini-cluster."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from hypothesis import settings

from penstock.connectors.formats import codec
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.scripts.testing.check import canonical
from penstock.scripts.testing.compute import Output, by_flink, by_reference

_ALL = bool(os.environ.get("PENSTOCK_ALL_EXAMPLES"))
EVENT_TIME = {"column": "at", "out_of_order": "5 s"}


def examples(most: int) -> settings:
    """Settings of a property test whose examples are jobs in Flink: `most` of them for `scripts/test --all`, otherwise a quarter."""
    return settings(max_examples=most if _ALL else max(3, most // 4))


def pipeline(
    job: Any, columns: dict[str, str], rows: list[dict[str, Any]], event_time: dict[str, str] | None = None
) -> Pipeline:
    """A pipeline of a job over these rows, with dead letters. Fails the test if the config has errors."""
    source: dict[str, Any] = {
        "columns": columns,
        "rows": [{k: codec.encode(v) for k, v in row.items()} for row in rows],
    }
    if event_time:
        source["event_time"] = event_time
    made = Pipeline.model_validate(
        {
            "name": "property",
            "source": {"values": source},
            "job": job,
            "sink": {"console": {}},
            "dead_letters": {"blackhole": {}},
        }
    )
    problems = made.problems()
    assert not problems, problems
    return made


def assert_same(cluster: MiniCluster, made: Pipeline) -> Output:
    """Run both and compare rows and dead letters, in any order. Returns the result of the reference."""
    expected, found = by_reference(made), by_flink(made, cluster)
    assert Counter(map(canonical, found.rows)) == Counter(map(canonical, expected.rows))
    assert Counter(map(_dead_letter, found.dead_letters)) == Counter(map(_dead_letter, expected.dead_letters))
    return expected


def _dead_letter(dead_letter: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    reason, row = dead_letter
    # In the JSON text of a dead letter, 3 and 3.0 are the same number.
    plain = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in sorted(row.items())}
    return reason, canonical(plain)
