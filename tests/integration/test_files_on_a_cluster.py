"""The file sink on a session cluster: what the job counts can be read after a stop, also of dead letters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from brokers import Stack
from written import written


def job_file(folder: Path) -> Path:
    """From a folder of files that is watched to files, its dead letters into files."""
    job = {
        "name": "files-to-files",
        "source": {
            "files": {"path": "in", "follow": "200 ms", "columns": {"n": "bigint not null"}, "on_error": "dead_letter"}
        },
        "job": {"map": {"function": "square", "of": "n", "to": "squared"}},
        "sink": {"files": {"path": "out"}},
        "dead_letters": {"files": {"path": "dead"}},
        "flink": {"checkpoint": "500 ms"},
    }
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(job, sort_keys=False), encoding="utf-8")
    return file


def put(folder: Path, name: str, numbers: range) -> None:
    """One more input file, complete before it gets its name. Its last line is no JSON."""
    lines = [json.dumps({"n": n}) for n in numbers] + ["{broken"]
    (folder / f".{name}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / f".{name}").rename(folder / name)


def counts(stack: Stack) -> dict[str, int]:
    return dict(stack.json_any("status", "files-to-files")["rows"])


@pytest.mark.slow
def test_every_counted_row_is_visible_after_stop_resume_stop(stack: Stack) -> None:
    (stack.folder / "in").mkdir()
    job = job_file(stack.folder)
    put(stack.folder / "in", "1.jsonl", range(100))
    stack.json("submit", job)
    stack.until(lambda: counts(stack)["out"] == 100)
    stack.json("stop", "files-to-files")
    assert sorted(row["n"] for row in written(stack.folder / "out")) == list(range(100))
    assert len(written(stack.folder / "dead")) == 1
    put(stack.folder / "in", "2.jsonl", range(100, 250))
    stack.json("resume", "files-to-files")
    stack.until(lambda: counts(stack)["out"] == 250)
    assert counts(stack)["dead"] == 2
    stack.until(lambda: len(written(stack.folder / "out")) == 250)  # with a checkpoint, while it runs
    stack.json("stop", "files-to-files")
    assert sorted(row["n"] for row in written(stack.folder / "out")) == list(range(250))
    assert len(written(stack.folder / "dead")) == 2
    found = stack.json("dlq", "stats", job)
    assert [(row["reason"], row["letters"]) for row in found] == [("decode", 2)]
