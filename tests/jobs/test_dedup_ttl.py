"""`ttl` of dedup: Flink forgets a key when no row of the key arrives for this long, and not before."""

from __future__ import annotations

import json
import time
from pathlib import Path

from written import written

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

TTL = 3.0


def put(folder: Path, name: str, *keys: str) -> None:
    """Write one more input file and rename it to its final name when it is complete."""
    (folder / f".{name}").write_text("".join(json.dumps({"key": key}) + "\n" for key in keys), encoding="utf-8")
    (folder / f".{name}").rename(folder / name)


def until(folder: Path, wanted: list[str]) -> None:
    """Wait until the output consists of exactly these keys."""
    end = time.monotonic() + 60
    while (seen := sorted(row["key"] for row in written(folder)) if folder.exists() else []) != wanted:
        assert time.monotonic() < end, seen
        time.sleep(0.1)


def test_a_key_counts_as_new_after_its_ttl(cluster: MiniCluster, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    job = {
        "name": "ttl",
        "source": {"files": {"path": str(source), "follow": "100 ms", "columns": {"key": "string"}}},
        "job": {"dedup": {"key": "key", "ttl": f"{TTL:g} s"}},
        "sink": {"files": {"path": str(out)}},
        "flink": {"checkpoint": "200 ms"},
    }
    with cluster.started(Pipeline.model_validate(job)):
        put(source, "1", "again", "once", "again")
        until(out, ["again", "once"])
        time.sleep(TTL + 0.5)  # longer than the ttl
        put(source, "2", "again")
        until(out, ["again", "again", "once"])
