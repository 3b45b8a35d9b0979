"""`files.follow` reads each file once, as its reference states."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
import yaml
from cli import ENVIRON, PENSTOCK, penstock


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job that follows the folder `in`, which holds one file of one row."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text('{"id": 1, "text": "first"}\n')
    made = {
        "name": "follows",
        "source": {"files": {"path": "in", "follow": "200 ms", "columns": {"id": "bigint", "text": "string"}}},
        "job": {"uppercase_filter": {"column": "text"}},
        "sink": {"console": {}},
    }
    file = tmp_path / "follows.yaml"
    file.write_text(yaml.safe_dump(made))
    return file


def test_new_files_are_read_and_lines_appended_to_a_file_that_was_read_are_not(job: Path) -> None:
    folder = job.parent / "in"
    with subprocess.Popen(
        [PENSTOCK, "run", job], cwd=job.parent, env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        assert json.loads(run.stdout.readline())["text"] == "FIRST"
        with (folder / "a.jsonl").open("a") as appended:
            appended.write('{"id": 2, "text": "appended"}\n')
        for number, name in ((3, "b"), (4, "c")):  # each is found by a later look than the one that could find the line
            complete = job.parent / f"{name}.jsonl"
            complete.write_text(f'{{"id": {number}, "text": "{name}"}}\n')
            complete.rename(folder / complete.name)
            assert json.loads(run.stdout.readline())["id"] == number
        run.send_signal(signal.SIGINT)
        rest, messages = run.communicate(timeout=600)
    assert rest == ""
    assert "rows in 3, out 3" in messages


def test_validate_notes_that_appended_lines_are_ignored(job: Path) -> None:
    done = penstock("validate", job)
    assert done.returncode == 0
    assert done.stderr == (
        f"{job}: note: files.follow reads each file once and ignores lines that are appended later:"
        " move complete files into the folder\n"
    )
