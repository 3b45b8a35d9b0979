from __future__ import annotations

from pathlib import Path

import pytest
from cli import penstock

JOB = "name: x\nsource: {values: {columns: {a: int}, rows: []}}\njob: {map: {function: double, of: a, to: b}}\nsink: {console: {}}\n"
TEST = """\
# a comment that stays
tests:
  - name: doubles
    rows: [{a: 1}, {a: 2}]
    expect:
      - {a: 1, b: 2}
      - {a: 2, b: 5}
  - name: outputs nothing for no rows
    expect: []
"""


def make(folder: Path, test: str = TEST) -> None:
    (folder / "x.yaml").write_text(JOB)
    (folder / "x_test.yaml").write_text(test)


def test_the_shipped_tests_pass_by_the_reference() -> None:
    done = penstock("test")
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout


@pytest.mark.slow
def test_the_shipped_tests_pass_in_flink() -> None:
    done = penstock("test", "--flink")
    assert done.returncode == 0, done.stdout
    assert "skip" not in done.stdout


def test_a_difference_is_shown_a_row_a_line(tmp_path: Path) -> None:
    make(tmp_path)
    done = penstock("test", "x.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == (
        "FAIL x_test.yaml:3: doubles\n"
        '       - {"a": 2, "b": 5}\n'
        '       + {"a": 2, "b": 4}\n'
        "ok   x_test.yaml:8: outputs nothing for no rows\n"
    )  # fmt: skip


def test_update_rewrites_what_fails_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path)
    assert penstock("test", "x.yaml", "--update", cwd=tmp_path).returncode == 0
    changed = TEST.replace("- {a: 1, b: 2}", '- {"a": 1, "b": 2}').replace("- {a: 2, b: 5}", '- {"a": 2, "b": 4}')
    assert (tmp_path / "x_test.yaml").read_text() == changed
    assert penstock("test", "x.yaml", cwd=tmp_path).returncode == 0


def test_an_error_in_a_test_file_is_reported_at_its_line(tmp_path: Path) -> None:
    make(tmp_path, "tests:\n  - name: a\n    expct: []\n")
    done = penstock("test", "x.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "x_test.yaml:3:5: tests.0.expct" in done.stderr
    assert 'do       did you mean "expect"?' in done.stderr


def test_an_invalid_test_file_is_a_failure_and_the_other_files_are_tested(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "a_test.yaml").write_text("tests:\n  - name: a\n    expct: []\n")
    done = penstock("test", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL a_test.yaml\n       a_test.yaml:3:5: tests.0.expct\n")
    assert "FAIL x_test.yaml:3: doubles\n" in done.stdout


def test_a_job_without_a_test_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(JOB)
    done = penstock("test", "x.yaml", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == "x.yaml: no test file exists"


def test_without_paths_the_tests_of_this_folder_run_where_there_is_no_conf_jobs(tmp_path: Path) -> None:
    make(tmp_path)
    done = penstock("test", cwd=tmp_path)
    assert "x_test.yaml:3: doubles" in done.stdout
    assert "x_test.yaml:8: outputs nothing for no rows" in done.stdout
