from __future__ import annotations

from pathlib import Path

import pytest

from penstock.connectors.config.problems import ConfigError, Problem
from penstock.connectors.files.source import FilesSource
from penstock.scripts.config.load import Loaded, fail, load
from penstock.scripts.config.tree import parse

JOB = """\
name: ${NAME:small}
source:
  files: {path: in.jsonl, columns: {a: int}}
job:
  map: {function: double, of: a, to: b}
sink: {console: {}}
"""


def written(folder: Path, text: str = JOB) -> Path:
    file = folder / "job.yaml"
    file.write_text(text)
    return file


def test_the_pipeline_has_paths_relative_to_its_file(tmp_path: Path) -> None:
    loaded = load(written(tmp_path), environ={})
    assert isinstance(loaded.pipeline.source, FilesSource)
    assert loaded.pipeline.source.path == str(tmp_path / "in.jsonl")
    assert (loaded.file, loaded.pipeline.name) == (tmp_path / "job.yaml", "small")


def test_settings_replace_overlays_and_overlays_replace_the_file(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / "one.yaml").write_text("flink: {parallelism: 2, checkpoint: 1 s}\n")
    (tmp_path / "two.yaml").write_text("flink: {parallelism: 3}\n")
    overlays = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    found = load(file, overlays, ["flink.checkpoint=5 s", "name=${NAME}"], {"NAME": "other"}).pipeline
    assert (found.name, found.flink.parallelism, found.flink.checkpoint.total_seconds()) == ("other", 3, 5.0)


def test_all_errors_are_reported_in_the_order_of_the_file_each_once(tmp_path: Path) -> None:
    text = JOB.replace("double", "dubble").replace("console", "consle").replace("${NAME:small}", "X")
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text), environ={})
    error = caught.value
    assert [one.head for one in (error, *error.others)] == ["name", "job.map.function", "sink.consle"]
    assert [one.where.removeprefix(f"{tmp_path}/") for one in (error, *error.others)] == [
        "job.yaml:1:7", "job.yaml:5:19", "job.yaml:6:8"
    ]  # fmt: skip
    assert error.exit_code == 2


def test_a_problem_that_only_planning_finds_has_its_position_in_the_file(tmp_path: Path) -> None:
    loaded = load(written(tmp_path), environ={})
    with pytest.raises(ConfigError) as caught, loaded.placed():
        raise Problem(("job", 0, "map", "of"), "a", "b", "c")
    error = caught.value
    assert (error.head, error.found, error.allowed, error.do) == ("job.map.of", "a", "b", "c")
    assert error.where == f"{tmp_path}/job.yaml:5:31"


def test_a_problem_inside_a_text_has_the_position_inside_it() -> None:
    tree = parse("a:\n  q: |\n    one\n    two three\n", "f")
    with pytest.raises(ConfigError) as caught:
        fail([Problem(("a", "q"), "x", at=(2, 5))], tree)
    assert caught.value.where == "f:4:9"


def test_a_problem_at_a_key_that_the_file_lacks_has_the_position_of_its_parent() -> None:
    with pytest.raises(ConfigError) as caught:
        fail([Problem(("a", "b", "c"), "x", at_key=True)], parse("z: 1\na:\n  y: 2\n", "f"))
    assert (caught.value.head, caught.value.where) == ("a.b.c", "f:3:3")


def test_no_problem_is_no_error() -> None:
    fail([], parse("a: 1\n", "f"))


def test_a_problem_of_the_whole_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "- 1\n- 2\n"), environ={})
    error = caught.value
    assert (error.head, error.found) == ("(the whole file)", "a list of 2 instead of keys")
    assert error.allowed == "name: ..., job: ..., sink: ..."


def test_a_plain_value_has_no_error_to_place(tmp_path: Path) -> None:
    loaded = load(written(tmp_path), environ={})
    with loaded.placed():
        assert isinstance(loaded, Loaded)
