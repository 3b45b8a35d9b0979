from __future__ import annotations

from pathlib import Path

import pytest

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.testing.cases import find, is_test, load_cases


def written(folder: Path, text: str, name: str = "job_test.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def error(folder: Path, case: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_cases(written(folder, f"tests:\n  - {case}\n"))
    return caught.value


def test_a_test_file_has_its_cases_with_their_lines_and_tests_the_job_beside_it(tmp_path: Path) -> None:
    test = load_cases(written(tmp_path, "tests:\n  - {name: a, expect: []}\n\n  - name: b\n    error: x\n"))
    assert test.job == tmp_path / "job.yaml"
    assert [(case.name, case.expect, case.error) for case in test.cases] == [("a", [], None), ("b", None, "x")]
    assert [test.line(index) for index in (0, 1)] == [2, 4]
    assert (test.cases[0].rows, test.cases[0].dead_letters, test.cases[0].set) == ([], [], {})


def test_a_test_file_may_name_another_job_relative_to_itself(tmp_path: Path) -> None:
    test = load_cases(written(tmp_path, "job: ../other.yaml\ntests:\n  - {name: a, expect: []}\n", "x_test.yml"))
    assert test.job == tmp_path / "../other.yaml"
    assert load_cases(written(tmp_path, "tests: [{name: a, expect: []}]\n", "x_test.yml")).job == tmp_path / "x.yml"


def test_a_case_expects_either_rows_or_an_error(tmp_path: Path) -> None:
    neither = error(tmp_path, "{name: a}")
    assert (neither.head, neither.found) == ("tests.0", "neither expect nor error")
    assert (neither.allowed, neither.do) == ("either expect or error", "write expect: [...], or error: text")
    assert neither.where == f"{tmp_path}/job_test.yaml:2:5"
    assert error(tmp_path, "{name: a, expect: [], error: x}").found == "both expect and error"


@pytest.mark.parametrize(
    ("case", "head"),
    [
        ('{name: "", expect: []}', "tests.0.name"),
        ("{expect: []}", "tests.0"),
        ("{name: a, expect: {}}", "tests.0.expect"),
        ("{name: a, expect: [], rows: 5}", "tests.0.rows"),
        ("{name: a, expect: [], dead_letters: [{row: {}}]}", "tests.0.dead_letters.0"),
    ],
)
def test_a_wrong_case_is_an_error_at_its_key(tmp_path: Path, case: str, head: str) -> None:
    assert error(tmp_path, case).head == head


def test_a_test_file_without_tests_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_cases(written(tmp_path, "tests: []\n"))
    assert (caught.value.head, caught.value.allowed) == ("tests", "at least 1 item")


def test_a_file_is_a_test_by_its_name() -> None:
    assert is_test(Path("a/job_test.yaml"))
    assert not is_test(Path("a/job.yaml"))
    assert not is_test(Path("job_test/job.yaml"))


def test_test_files_are_found_for_job_files_folders_and_themselves_each_once(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    one, two = tmp_path / "inner" / "b_test.yml", tmp_path / "a_test.yaml"
    for file in (one, two, tmp_path / "a.yaml"):
        file.touch()
    assert find([tmp_path]) == [two, one]
    assert find([tmp_path / "a.yaml", two, tmp_path]) == [two, one]
    assert find([]) == []


def test_a_test_file_that_is_named_need_not_exist_but_one_of_a_job_must(tmp_path: Path) -> None:
    named = tmp_path / "a_test.yaml"
    assert find([named]) == [named]
    for path, allowed in (
        (tmp_path / "a.yaml", "a file a_test.yaml in the folder of the job file"),
        (tmp_path, "a file ..._test.yaml in the folder of the job file"),
    ):
        with pytest.raises(ConfigError) as caught:
            find([path])
        assert (caught.value.head, caught.value.allowed) == (f"{path}: no test file exists", allowed)
        assert caught.value.do == "write a test file: see docs/testing.md"
