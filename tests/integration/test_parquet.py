"""Jobs that write Parquet files, read back with Arrow: each type, folders by value, and markers of complete folders."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from cli import penstock
from databases import values

UPPER = {"map": {"function": "upper", "of": "c1", "to": "c1"}}
TYPES: dict[str, tuple[Any, Any]] = {
    "string": ("Grüße 🦒", "Grüße 🦒"),
    "varchar(3)": ("abc", "ABC"),
    "boolean": (True, True),
    "tinyint": (-128, -128),
    "smallint": (32767, 32767),
    "int": (-2147483648, -2147483648),
    "bigint": (9223372036854775807, 9223372036854775807),
    "float": (1.5, 1.5),
    "double": (0.1, 0.1),
    "decimal(9, 2)": ("1234567.89", Decimal("1234567.89")),
    "decimal(38, 18)": (
        "12345678901234567890.123456789012345678",
        Decimal("12345678901234567890.123456789012345678"),
    ),
    "date": ("0001-01-01", dt.date(1, 1, 1)),
    "time": ("23:59:59", dt.time(23, 59, 59)),
    "timestamp(3)": ("1969-12-31T23:59:59.999", dt.datetime(1969, 12, 31, 23, 59, 59, 999000)),
    "timestamp_ltz(3)": ("2026-03-29T01:30:00.5Z", dt.datetime(2026, 3, 29, 1, 30, 0, 500000)),
    "timestamp_ltz(6)": ("2999-03-29T01:30:00.123456Z", dt.datetime(2999, 3, 29, 1, 30, 0, 123456)),
    "bytes": ("AP8=", b"\x00\xff"),
    "array<string>": (["a", None], ["a", None]),
    "map<string, int>": ({"a": 1}, [("a", 1)]),
    "row<a int, b string>": ({"a": 1, "b": "x"}, {"a": 1, "b": "x"}),
}


def _run(folder: Path, source: dict[str, Any], job: Any, **keys: Any) -> list[Path]:
    """Run a job that writes Parquet; its files."""
    whole = {
        "name": "to-parquet",
        "source": source,
        "job": job,
        "sink": {"files": {"path": "out", "format": "parquet", **keys}},
        "dead_letters": {"files": {"path": "dead"}},
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))
    done = penstock("run", folder / "job.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr  # the counts, and no message of Hadoop
    return sorted(f for f in (folder / "out").rglob("*") if f.is_file() and not f.name.startswith(("_", ".")))


@pytest.mark.parametrize("compression", ["snappy", "gzip", "none"])
def test_a_value_of_each_type_and_null_can_be_read_back(tmp_path: Path, compression: str) -> None:
    columns = {"id": "int", **{f"c{i}": kind for i, kind in enumerate(TYPES)}}
    rows: list[list[Any]] = [[1, *(value for value, _ in TYPES.values())], [2, *(None for _ in TYPES)]]
    files = _run(tmp_path, values(columns, *rows), UPPER, compression=compression)
    first, second = sorted(pq.read_table(tmp_path / "out").to_pylist(), key=lambda row: int(row["id"]))
    assert list(first.values()) == [1, *(value for _, value in TYPES.values())]
    assert list(second.values()) == [2, *(None for _ in TYPES)]
    groups = [pq.ParquetFile(file).metadata.row_group(0) for file in files]
    [used] = {group.column(i).compression for group in groups for i in range(len(columns))}
    assert used == compression.upper().replace("NONE", "UNCOMPRESSED")


def test_each_value_has_a_folder_and_a_complete_day_is_marked(tmp_path: Path) -> None:
    at = [f"2026-01-0{day}T{hour:02}:30:00Z" for day in (1, 2, 3) for hour in range(0, 24, 6)]
    lines = [{"id": n, "c1": "a/b" if n % 2 else "..", "at": text} for n, text in enumerate(at)]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    source = {
        "files": {
            "path": "rows.jsonl",
            "columns": {"id": "int", "c1": "string", "at": "timestamp_ltz(3)"},
            "event_time": {"column": "at", "out_of_order": "0 s"},
        }
    }
    steps = [UPPER, *({"map": {"function": name, "of": "at", "to": name}} for name in ("date", "hour"))]
    files = _run(tmp_path, source, steps, partition_by=["date", "hour"], success_file="10 min")
    folders = {file.parent.relative_to(tmp_path / "out").as_posix() for file in files}
    assert folders == {f"date=2026-01-0{day}/hour={hour}" for day in (1, 2, 3) for hour in range(0, 24, 6)}
    assert {file.parent for file in files} == {file.parent for file in (tmp_path / "out").rglob("_SUCCESS")}
    found = pq.read_table(tmp_path / "out").to_pylist()
    assert sorted(row["id"] for row in found) == list(range(12))
    assert {str(row["date"]) for row in found} == {"2026-01-01", "2026-01-02", "2026-01-03"}
    assert {row["c1"] for row in found} == {"A/B", ".."}


def test_a_text_with_a_slash_or_dots_stays_one_folder(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[1, "a/b"], [2, ".."], [3, None]]
    files = _run(tmp_path, values({"id": "int", "c1": "string"}, *rows), UPPER, partition_by="c1")
    folders = {file.parent.relative_to(tmp_path / "out").as_posix() for file in files}
    assert folders == {"c1=A%2FB", "c1=..", "c1=__DEFAULT_PARTITION__"}


def test_a_row_without_a_time_does_not_fail_the_job_that_marks_complete_folders(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"id": 1, "c1": "a", "day": null, "at": "2026-01-01T00:00:00Z"}\n'
        '{"id": 2, "c1": "b", "day": "2026-01-01", "at": "2026-01-03T00:00:00Z"}\n'
    )
    columns = {"id": "int", "c1": "string", "day": "date", "at": "timestamp_ltz(3)"}
    source = {
        "files": {"path": "rows.jsonl", "columns": columns, "event_time": {"column": "at", "out_of_order": "0 s"}}
    }
    files = _run(tmp_path, source, UPPER, partition_by="day", success_file="10 min")
    assert {file.parent.name for file in files} == {"day=2026-01-01", "day=__DEFAULT_PARTITION__"}


def test_markers_need_event_time(tmp_path: Path) -> None:
    job = {
        "name": "x", "source": values({"id": "int", "day": "date"}, [1, "2026-01-01"]), "job": {"dedup": {"key": "id", "ttl": "1 h"}},
        "sink": {"files": {"path": "out", "partition_by": "day", "success_file": "1 min"}},
    }  # fmt: skip
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(job, sort_keys=False))
    done = penstock("validate", tmp_path / "job.yaml")
    assert done.returncode == 2
    assert "a sink that follows event time, and no source with event_time" in done.stdout + done.stderr
