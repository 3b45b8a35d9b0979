from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.jobs.pipeline.loops import loops
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.load import load

JOB: dict[str, Any] = {"map": {"function": "double", "of": "a", "to": "b"}}


def written(folder: Path, source: dict[str, Any], sink: dict[str, Any]) -> Pipeline:
    """Return the validated pipeline of a job file with this source and sink."""
    file = folder / "x.yaml"
    file.write_text(yaml.safe_dump({"name": "x", "source": source, "job": JOB, "sink": sink}))
    return load(file, environ={}).pipeline


def kafka(**more: Any) -> dict[str, Any]:
    return {"kafka": {"bootstrap": "b:9092", "topic": "t", **more}}


READ = {"group": "x", "columns": {"a": "int"}}


def test_an_allowed_loop_is_accepted_and_reported(tmp_path: Path) -> None:
    [loop] = loops(written(tmp_path, kafka(**READ), kafka(allow_loop=True)))
    assert (loop.allowed, loop.path) == (True, ("sink", 0, "kafka", "topic"))
    assert loop.text == 'the source reads what sink_1 writes (topic "t" on b:9092)'


@pytest.mark.parametrize("more", [{"topic": "u"}, {"bootstrap": "b:9093"}, {"bootstrap": "c:9092,d:9092"}])
def test_another_topic_or_other_brokers_are_not_a_loop(tmp_path: Path, more: dict[str, Any]) -> None:
    assert list(loops(written(tmp_path, kafka(**READ), kafka(**more)))) == []


@pytest.mark.parametrize(
    ("source", "sink"),
    [
        ("in", "out"),
        ("in", "inner"),
        ("in/a.jsonl", "in"),
        ("in/*.jsonl", "in"),
        ("in/*", "in/out"),
        ("s3://bucket/in", "s3://bucket/out"),
    ],
)
def test_files_that_the_source_does_not_read_are_not_a_loop(tmp_path: Path, source: str, sink: str) -> None:
    written(tmp_path, {"files": {"path": source, "columns": {"a": "int"}}}, {"files": {"path": sink}})


@pytest.mark.parametrize(
    ("source", "sink"), [("in", "in"), ("in", "link/out"), ("in/*", "in"), ("s3://bucket/in/", "s3://bucket/in/out")]
)
def test_files_that_the_source_reads_are_a_loop_unless_it_is_allowed(tmp_path: Path, source: str, sink: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    read = {"files": {"path": source, "columns": {"a": "int"}}}
    with pytest.raises(Exception, match="the job would process its own output again"):
        written(tmp_path, read, {"files": {"path": sink}})
    [loop] = loops(written(tmp_path, read, {"files": {"path": sink, "allow_loop": True}}))
    assert loop.allowed
