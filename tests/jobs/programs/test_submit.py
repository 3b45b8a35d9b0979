"""Reading a package. tests/integration/test_life_of_a_job.py plans and submits on a real cluster."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from penstock.connectors.files.source import FilesSource
from penstock.jobs.programs.submit import read

JOB = {
    "name": "small",
    "source": {"files": {"path": "in.jsonl", "columns": {"a": "int"}}},
    "job": [{"map": {"function": "double", "of": ["a"], "to": "b"}}],
    "sink": [{"console": {}}],
}


def test_a_package_is_a_job_with_paths_into_the_package_and_a_version_of_its_bytes(tmp_path: Path) -> None:
    raw = json.dumps(JOB).encode()
    (tmp_path / "job.json").write_bytes(raw)
    pipeline, version = read(tmp_path)
    assert (pipeline.name, version) == ("small", hashlib.sha256(raw).hexdigest()[:12])
    assert isinstance(pipeline.source, FilesSource)
    assert pipeline.source.path == str(tmp_path / "in.jsonl")


def test_the_archive_of_a_package_is_the_same_job(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        archive.writestr("job.json", json.dumps(JOB))
        archive.writestr("in.jsonl", '{"a": 1}\n')
    pipeline, version = read(tmp_path / "package.zip")
    assert (pipeline.name, version) == ("small", hashlib.sha256(json.dumps(JOB).encode()).hexdigest()[:12])
    assert isinstance(pipeline.source, FilesSource)
    assert Path(pipeline.source.path).read_text() == '{"a": 1}\n'


def test_a_folder_that_is_no_package_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path)
    (tmp_path / "job.json").write_text('{"name": "X"}')
    with pytest.raises(ValidationError):
        read(tmp_path)
