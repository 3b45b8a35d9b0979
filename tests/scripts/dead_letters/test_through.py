from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.connectors.config.problems import ConfigError, RunError
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.dead_letters import through
from penstock.scripts.dead_letters.through import Through
from penstock.scripts.local.progress import Progress
from penstock.scripts.local.runner import Outcome

JOB: dict[str, Any] = {
    "name": "orders",
    "source": {"kafka": {"bootstrap": "b:1", "topic": "orders", "group": "orders", "columns": {"n": "int"}}},
    "job": {"dedup": {"key": "n", "keep": "first", "ttl": "1 h"}},
    "sink": {"console": {}},
}


@pytest.fixture
def other(tmp_path: Path) -> Through:
    return Through(_written(tmp_path, JOB), Pipeline.model_validate(JOB), "orders.replay")


def _written(folder: Path, job: dict[str, Any]) -> Path:
    (folder / "other.yaml").write_text(yaml.safe_dump(job), encoding="utf-8")
    return folder / "other.yaml"


def _run(other: Through, monkeypatch: pytest.MonkeyPatch, outcome: Outcome | Exception) -> list[str]:
    """What the run says, with this end of the job."""

    def ended(pipeline: Pipeline, *_: object) -> Outcome:
        assert pipeline.source
        assert pipeline.source.model_dump()["topic"] == ["orders.replay"]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(through, "run", ended)
    said: list[str] = []
    try:
        other.run([], lambda lines: None, said.append)
    except RunError:
        said.append("raised")
    return said


def test_a_mistake_in_the_file_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Through(_written(tmp_path, {**JOB, "job": {}}), Pipeline.model_validate(JOB), "orders.replay")


def test_the_command_reads_the_topic_of_the_replay_to_its_end(other: Through, tmp_path: Path) -> None:
    words = shlex.split(other.command)
    assert words[:3] == ["penstock", "run", str(tmp_path / "other.yaml")]
    assert words[3::2] == ["--set"] * 4
    assert set(words[4::2]) == {
        'source.kafka.topic=["orders.replay"]',
        "source.kafka.group=orders-replay",
        "source.kafka.start=earliest",
        "source.kafka.until=latest",
    }


def test_a_job_that_finishes_says_so(other: Through, monkeypatch: pytest.MonkeyPatch) -> None:
    [said] = _run(other, monkeypatch, Outcome("finished", Progress(1, 1), 1.0))
    assert said.startswith("orders: finished: rows in 1, out 1")
    assert said.endswith("; the records stay in orders.replay")


@pytest.mark.parametrize("outcome", [RunError("no"), Outcome("interrupted", Progress(1, 1), 1.0)])
def test_a_job_that_does_not_finish_says_how_to_run_it_again(
    outcome: Outcome | Exception, other: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _run(other, monkeypatch, outcome)
    assert f"orders: the records stay in orders.replay; process them with: {other.command}" in said
    assert ("raised" in said) == isinstance(outcome, RunError)
