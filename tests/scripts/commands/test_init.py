from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli import ROOT, penstock
from click.testing import CliRunner

from penstock.connectors.config.problems import ConfigError
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.dedup import Dedup
from penstock.scripts.commands.init import command
from penstock.scripts.config.load import load
from penstock.scripts.scaffold.combination import Combination


def test_the_created_job_file_runs_and_passes_its_test(tmp_path: Path) -> None:
    made = penstock("init", "order_texts", cwd=tmp_path)
    assert made.stdout == "created order_texts.yaml\ncreated order_texts_test.yaml\ncreated order_texts.jsonl\n"
    assert (
        penstock("run", "order_texts.yaml", cwd=tmp_path).stdout
        == '{"id":1,"text":"APPLE"}\n{"id":3,"text":"AVOCADO"}\n'
    )
    assert penstock("test", "order_texts.yaml", cwd=tmp_path).returncode == 0


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    penstock("init", "one", cwd=tmp_path)
    again = penstock("init", "one", cwd=tmp_path)
    assert (again.returncode, again.stderr.splitlines()[0]) == (2, "init: one.yaml exists already")


def test_a_bad_name_is_an_error(tmp_path: Path) -> None:
    assert penstock("init", "../x", cwd=tmp_path).returncode == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_new_kind_of_job_is_registered_and_passes(tmp_path: Path) -> None:
    for name in ("penstock", "jobs", "connectors", "udfs", "scripts", "conf", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    made = penstock("init", "flip", "--python", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert made.returncode == 0, made.stderr
    assert "changed jobs/__init__.py" in made.stdout
    assert all(
        (tmp_path / path).is_file()
        for path in ("jobs/flip.py", "tests/jobs/test_flip.py", "docs/jobs/flip.md", "conf/jobs/flip.yaml")
    )
    done = penstock("test", "conf/jobs/flip.yaml", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        penstock("run", "conf/jobs/flip.yaml", cwd=tmp_path, PYTHONPATH=str(tmp_path)).stdout
        == '{"id":1,"text":"elppa"}\n{"id":2,"text":"raep"}\n'
    )


@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize("job", sorted(JOBS))
@pytest.mark.parametrize("sink", sorted(SINKS))
def test_every_source_job_and_sink_make_a_valid_job_file(source: str, job: str, sink: str, tmp_path: Path) -> None:
    arguments = ["one_two", "--from", source, "--job", job, "--to", sink, "--into", str(tmp_path)]
    made = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert made.exit_code == 0
    pipeline = load(tmp_path / "one_two.yaml", environ={}).pipeline
    assert (pipeline.name, pipeline.dead_letters is not None) == ("one-two", pipeline.can_reject())


def test_a_job_file_from_examples_runs(tmp_path: Path) -> None:
    made = penstock("init", "scored", "--from", "files", "--job", "regression_scoring", cwd=tmp_path)
    assert made.stdout == "created scored.yaml\ncreated scored.jsonl\ncreated scored_model.json\n"
    assert made.stderr == "next: penstock validate scored.yaml; penstock run scored.yaml\n"
    rows = penstock("run", "scored.yaml", cwd=tmp_path).stdout.splitlines()
    assert len(rows) == 3
    assert '"prediction":26.0' in rows[0]


def test_examples_that_do_not_work_together_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Dedup, "example", "key: id\nkeep: last\nttl: 1 h\n")
    with pytest.raises(
        ConfigError, match="init: --from kafka, --job dedup and --to files do not work together\n  found    sink"
    ):
        Combination("kafka", "dedup", "files").files("x", tmp_path)


@pytest.mark.parametrize(
    ("options", "head"),
    [
        (["--from", "kafka"], "init: --from and --job belong together"),
        (["--to", "kafka"], "init: --from and --job belong together"),
        (["--from", "kafak", "--job", "map"], "init: --from kafak: no such source"),
        (["--from", "kafka", "--job", "x"], "init: --job x: no such job"),
        (["--from", "kafka", "--job", "map", "--to", "datagen"], "init: --to datagen: no such sink"),
    ],
)
def test_options_that_name_no_combination_are_an_error(options: list[str], head: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(command, ["x", "--into", str(tmp_path), *options], catch_exceptions=False)
    assert str(caught.value).splitlines()[0] == head
    assert not list(tmp_path.iterdir())
