"""A datagen sequence on a session cluster whose TaskManager is killed."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from brokers import Stack
from written import written

from penstock.scripts.flink.client import Flink
from tests.faults import watch

ROWS = 4000


@pytest.mark.slow
def test_each_number_of_a_sequence_is_written_once_although_a_taskmanager_is_killed(stack: Stack) -> None:
    job = {
        "name": "sequence",
        "source": {
            "datagen": {
                "columns": {"n": "bigint", "text": "string"},
                "rows_per_second": 400,
                "fields": {"n": {"sequence": [1, ROWS]}},
            }
        },
        "job": {"uppercase_filter": {"column": "text"}},
        "sink": {"files": {"path": "out"}},
        "flink": {"checkpoint": "500 ms"},
    }
    file = stack.folder / "job.yaml"
    file.write_text(yaml.safe_dump(job, sort_keys=False), encoding="utf-8")
    stack.json("submit", file)
    out = stack.folder / "out"
    stack.until(lambda: out.exists() and len(written(out)) > 200)
    [busy] = watch.busy(Flink(stack.flink))
    stack.cluster.kill(busy)
    assert len(written(out)) < ROWS, "the job was over before its TaskManager was killed: the test shows nothing"
    stack.cluster.launch(busy)
    stack.until(lambda: not stack.live("sequence"), 180)
    assert Counter(row["n"] for row in written(out)) == Counter(range(1, ROWS + 1))
    stack.until(lambda: stack.cluster.slots() == (8, 8))
