from __future__ import annotations

from pathlib import Path

import pytest

from penstock.scripts.config.folders import yaml_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "b.yml",
        "a.yaml",
        "a_test.yaml",
        "c.txt",
        "in/d.yaml",
        ".venv/lib/e.yaml",
        "in/.git/f.yaml",
        ".g.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_hidden_files_and_folders_are_left_out(folder: Path) -> None:
    assert yaml_files(folder) == [folder / name for name in ("a.yaml", "a_test.yaml", "b.yml", "in/d.yaml")]
    assert yaml_files(folder, "*_test") == [folder / "a_test.yaml"]


def test_a_hidden_folder_that_is_named_is_read(folder: Path) -> None:
    assert yaml_files(folder / ".venv") == [folder / ".venv/lib/e.yaml"]
