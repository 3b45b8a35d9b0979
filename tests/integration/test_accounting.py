"""The terms that `run` prints add up, and a lost row would be seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import Stack
from cli import penstock
from kafka import KafkaProducer

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
COLUMNS = {"k": "string", "n": "bigint", "at": "timestamp_ltz(3)"}
ROWS = [{"k": str(n % 3), "n": n, "at": (START + timedelta(seconds=n)).isoformat()[:-6] + "Z"} for n in range(100)]


def summary(folder: Path, job: Any, rows: list[dict[str, Any]] = ROWS) -> dict[str, int]:
    """The last line of a run over these rows, as numbers by their names."""
    made = {
        "name": "accounts",
        "source": {"values": {"columns": COLUMNS, "rows": rows, "event_time": {"column": "at", "out_of_order": "5 s"}}},
        "job": job,
        "sink": {"blackhole": {}},
        "dead_letters": {"blackhole": {}},
    }
    file = folder / "accounts.yaml"
    file.write_text(yaml.safe_dump(made, sort_keys=False))
    done = penstock("run", file, cwd=folder)
    assert done.returncode == 0, done.stderr
    line = done.stderr.splitlines()[-1]
    return {
        name.removeprefix("rows "): int(count) for name, count in re.findall(r"([a-z][a-z ]*?) (\d+)[,( ]", f"{line},")
    }


@pytest.mark.parametrize(
    ("window", "aggregated"),
    [
        ({"tumble": "10 s"}, 100),
        ({"session": "30 s"}, 100),
        ({"hop": {"size": "30 s", "slide": "10 s"}}, 300),
        ({"count": 10}, 90),
    ],
)
def test_every_row_of_a_windowed_job_is_aggregated(tmp_path: Path, window: Any, aggregated: int) -> None:
    found = summary(tmp_path, {"rolling_sum": {"key": "k", "value": "n", "window": window}})
    assert (found["in"], found["aggregated"]) == (100, aggregated)
    assert found.get("in open windows", 0) == (10 if "count" in window else 0)
    assert "unaccounted" not in found


def test_rows_that_a_step_before_the_window_filters_are_not_aggregated(tmp_path: Path) -> None:
    keep = {"uppercase_filter": {"column": "k", "keep": {"equals": "1"}}}
    window = {"rolling_sum": {"key": "k", "value": "n", "window": {"tumble": "10 s"}}}
    after = {"map": {"function": "lower", "of": "k", "to": "k"}}
    found = summary(tmp_path, [keep, window, after])
    assert (found["in"], found["aggregated"], found["filtered"], found["out"]) == (100, 33, 67, 10)


def test_a_row_that_is_older_than_the_one_kept_is_superseded(tmp_path: Path) -> None:
    rows = [{"k": "a", "n": n, "at": ROWS[at]["at"]} for n, at in enumerate([5, 3, 7, 7, 1])]
    found = summary(tmp_path, {"dedup": {"key": "k", "keep": "last", "by": "event_time", "ttl": "1 h"}}, rows)
    assert (found["in"], found["out"], found["superseded"]) == (5, 3, 2)


def test_where_each_row_replaces_the_one_before_none_is_superseded(tmp_path: Path) -> None:
    found = summary(tmp_path, {"dedup": {"key": "k", "keep": "last", "ttl": "1 h"}})
    assert (found["in"], found["out"], found["superseded"]) == (100, 100, 0)


def test_no_identity_is_claimed_for_sql(tmp_path: Path) -> None:
    found = summary(
        tmp_path, {"sql": {"query": "SELECT k, n FROM records WHERE n > 50", "columns": {"k": "string", "n": "bigint"}}}
    )
    assert set(found) == {"in", "out", "dead letters"}


@pytest.mark.slow
def test_the_terms_of_a_windowed_job_are_exact_over_a_stop_and_a_resume(
    stack: Stack, topic: Callable[..., str], kafka: str
) -> None:
    def record(second: int) -> bytes:
        return json.dumps({"n": 1, "at": (START + timedelta(seconds=second)).isoformat()[:-6] + "Z"}).encode()

    name = topic("accounts", [(0, None, record(second)) for second in range(500)])
    made = {
        "name": "accounts",
        "source": {
            "kafka": {
                "bootstrap": kafka, "topic": name, "group": name, "start": "earliest", "on_error": "dead_letter",
                "columns": {"n": "bigint", "at": "timestamp_ltz(3)"}, "event_time": {"column": "at", "out_of_order": "0 s"},
            }
        },
        "job": {"rolling_sum": {"key": "all rows", "value": "n", "window": {"tumble": "10 s"}}},
        "sink": {"blackhole": {}},
        "dead_letters": {"blackhole": {}},
        "flink": {"checkpoint": "500 ms", "parallelism": 1},
    }  # fmt: skip
    file = stack.folder / "accounts.yaml"
    file.write_text(yaml.safe_dump(made, sort_keys=False))
    stack.json("submit", file)

    def rows() -> dict[str, int | None]:
        return {key: value for key, value in stack.json_any("status", "accounts")["rows"].items() if value}

    stack.until(lambda: rows() == {"in": 500, "out": 49, "aggregated": 490, "rest": 10})
    stack.json("stop", "accounts")
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for value in [*map(record, range(500, 1000)), record(3), b"{broken"]:
            producer.send(name, partition=0, value=value)
        producer.flush()
    stack.json("resume", "accounts")
    stack.until(lambda: rows() == {"in": 1002, "out": 99, "aggregated": 990, "rest": 10, "dead": 1, "late": 1})
    status = stack.penstock("status", "accounts").stdout
    assert "in 1,002, out 99, aggregated 990, in open windows 10, dead 1, late 1 (since its first start)" in status
