"""The created files. tests/scripts/commands/test_init.py runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.scripts.config.load import load
from penstock.scripts.scaffold.job_file import files, schema_line
from penstock.scripts.testing.cases import load_cases
from penstock.scripts.testing.check import run_file
from penstock.scripts.testing.compute import by_reference


def create(name: str, home: Path) -> list[str]:
    made = files(name, home)
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [str(path.relative_to(home.parent)) for path in made]


def test_the_job_its_test_and_its_data_are_in_one_folder(tmp_path: Path) -> None:
    home = tmp_path / "own"
    assert create("order_texts", home) == [
        "own/order_texts.yaml", "own/order_texts_test.yaml", "own/order_texts.jsonl"
    ]  # fmt: skip
    assert load(home / "order_texts.yaml", environ={}).pipeline.name == "order-texts"


def test_the_data_of_a_shipped_job_file_is_in_the_folder_of_shipped_data(tmp_path: Path) -> None:
    home = tmp_path / "conf" / "jobs"
    assert create("one", home) == ["jobs/one.yaml", "jobs/one_test.yaml", "data/one.jsonl"]
    assert "path: ../data/one.jsonl\n" in (home / "one.yaml").read_text()


def test_the_created_test_passes(tmp_path: Path) -> None:
    create("one", tmp_path / "own")
    results = run_file(load_cases(tmp_path / "own" / "one_test.yaml"), by_reference)
    assert [result.state for result in results] == ["passed"]


@pytest.mark.parametrize("exists", [True, False])
def test_editors_learn_the_schema_where_one_exists(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "job.schema.json").touch()
    line = "# yaml-language-server: $schema=../job.schema.json\n" if exists else ""
    assert schema_line(tmp_path / "jobs") == line
    assert files("one", tmp_path / "jobs")[tmp_path / "jobs" / "one.yaml"].startswith(f"{line}# Describe the job")
