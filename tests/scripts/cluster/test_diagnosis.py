"""Findings about a job with files, and about connectors of the test. About real brokers: tests/scripts/commands/test_doctor.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packages import JOB

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import RunError
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.cluster import diagnosis

SAME = Finding("ok", "transaction log", "3 replicas")


def looped(folder: Path, **sink: Any) -> Pipeline:
    """A job that reads the folder into which it writes."""
    columns = {"id": "bigint", "text": "string"}
    source = {"files": {"path": str(folder), "columns": columns, "follow": "1 s"}}
    return Pipeline.model_validate({**JOB, "source": source, "sink": {"files": {"path": str(folder), **sink}}})


class Connector:
    """A connector with a finding of its own, one that all have, and a limit on the size of a record."""

    def __init__(self, name: str, most: int, state: str = "ok") -> None:
        self._name, self._most, self._state = name, most, state

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        largest[f"topic {self._name}"] = self._most
        yield Finding(self._state, f"topic {self._name}", f"every {checkpoint.total_seconds():g} s", "fix it")
        yield SAME

    def compare(self, rows: Columns) -> Iterator[Finding]:
        yield from ()

    def place(self) -> None:
        """It is nowhere that another connector could read."""


def brokers(dead: int, state: str = "ok") -> Any:
    """A job whose source has records of at most 1000 bytes, and whose dead letter queue takes `dead` bytes."""
    sink, dead_letters = Connector("out", 500), Connector("dead", dead, state)
    return SimpleNamespace(
        name="small", sources={}, sink=[sink], flink=SimpleNamespace(checkpoint=timedelta(seconds=10)),
        all_sources=lambda: {"records": Connector("in", 1000)}, named_sinks=lambda: {"sink_1": sink},
        dead_letter_sink=lambda: dead_letters, sinks_with_rows=lambda: [(sink, Columns({}))],
    )  # fmt: skip


def test_a_job_without_external_systems_has_no_findings() -> None:
    pipeline = Pipeline.model_validate(JOB)
    assert diagnosis.findings(pipeline) == []
    diagnosis.reject_bad(pipeline)


def test_a_job_that_reads_what_it_writes_is_bad_unless_it_is_intended(tmp_path: Path) -> None:
    text = f"the source reads what sink_1 writes (the folder {tmp_path})"
    assert diagnosis.findings(looped(tmp_path)) == [Finding("bad", "loop", text, "write to another path")]
    with pytest.raises(RunError) as caught:
        diagnosis.reject_bad(looped(tmp_path))
    assert str(caught.value) == f"small: loop: {text}\n  do       write to another path"
    intended = looped(tmp_path, allow_loop=True)
    assert diagnosis.findings(intended) == [Finding("warn", "loop", text, "allow_loop: true says that it is intended")]
    diagnosis.reject_bad(intended)


def test_each_connector_is_asked_and_equal_findings_are_listed_once() -> None:
    assert diagnosis.findings(brokers(dead=1000)) == [
        Finding("ok", "topic in", "every 10 s", "fix it"),
        SAME,
        Finding("ok", "topic out", "every 10 s", "fix it"),
        Finding("ok", "topic dead", "every 10 s", "fix it"),
    ]


def test_a_dead_letter_queue_without_room_for_a_whole_record_is_a_warning() -> None:
    assert diagnosis.findings(brokers(dead=999))[-1] == Finding(
        "warn", "topic dead", "takes 999 bytes, a record may have 1000",
        "a larger bad record stops the job: let it take 1100 bytes (a topic: max.message.bytes)",
    )  # fmt: skip


def test_the_first_bad_finding_prevents_a_submission_and_a_warning_does_not() -> None:
    diagnosis.reject_bad(brokers(dead=1))
    with pytest.raises(RunError) as caught:
        diagnosis.reject_bad(brokers(dead=1000, state="bad"))
    assert str(caught.value) == "small: topic dead: every 10 s\n  do       fix it"
