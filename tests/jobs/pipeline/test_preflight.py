"""Checks before a start. tests/scripts/commands/test_doctor.py and tests/integration use real brokers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.kafka.preflight import Missing, MissingTopics
from penstock.connectors.kafka.sink import KafkaSink
from penstock.connectors.kafka.source import KafkaSource
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.jobs.pipeline.preflight import preflight


def kafka(**more: Any) -> dict[str, Any]:
    return {"kafka": {"bootstrap": "b:1", "topic": "in", **more}}


def made(source: dict[str, Any], sink: dict[str, Any]) -> Pipeline:
    job = {"map": {"function": "double", "of": "a", "to": "b"}}
    return Pipeline.model_validate({"name": "x", "source": source, "job": job, "sink": sink})


def test_a_file_that_does_not_exist_stops_the_job_before_it_starts(tmp_path: Path) -> None:
    source = {"files": {"path": str(tmp_path / "missing.jsonl"), "columns": {"a": "int"}}}
    with pytest.raises(RunError) as caught:
        preflight(made(source, {"console": {}}))
    assert "missing.jsonl" in str(caught.value)
    (tmp_path / "missing.jsonl").write_text('{"a": 1}\n')
    preflight(made(source, {"console": {}}))


def test_the_missing_topics_of_all_connectors_are_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(who: str, topic: str) -> Any:
        def check(self: object) -> None:
            raise MissingTopics([Missing(who, "b:1", topic, False)], ["other"])

        return check

    monkeypatch.setattr(KafkaSource, "preflight", missing("source kafka", "in"))
    monkeypatch.setattr(KafkaSink, "preflight", missing("sink kafka", "out"))
    with pytest.raises(MissingTopics) as caught:
        preflight(made(kafka(group="g", columns={"a": "int"}), kafka(topic="out")))
    assert [one.topic for one in caught.value.missing] == ["in", "out"]
    assert caught.value.head == (
        'source kafka: the topic "in" does not exist on b:1; sink kafka: the topic "out" does not exist on b:1'
    )
    assert (caught.value.found, caught.value.do) == ("other", "penstock topics create in out --bootstrap b:1")


def test_a_secret_that_exists_only_where_the_job_runs_is_an_error_unless_the_caller_accepts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = NotHere("the secret is not here")

    def check(self: object) -> None:
        raise absent

    monkeypatch.setattr(KafkaSink, "preflight", check)
    pipeline = made({"values": {"columns": {"a": "int"}, "rows": []}}, kafka(topic="out"))
    with pytest.raises(NotHere):
        preflight(pipeline)
    accepted: list[NotHere] = []
    preflight(pipeline, accepted.append)
    assert accepted == [absent]
