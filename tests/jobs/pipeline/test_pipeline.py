from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.files.sink import FilesSink
from penstock.connectors.files.source import FilesSource
from penstock.jobs.pipeline.pipeline import Pipeline

VALUES: dict[str, Any] = {"values": {"columns": {"a": "int", "t": "timestamp(3)"}, "rows": []}}
DOUBLE: dict[str, Any] = {"map": {"function": "double", "of": "a", "to": "b"}}
DEDUP: dict[str, Any] = {"dedup": {"key": "a", "ttl": "1 h"}}
FILES: dict[str, Any] = {"files": {"path": "in/a.jsonl", "columns": {"a": "int"}}}
KAFKA: dict[str, Any] = {
    "kafka": {
        "bootstrap": "b:1",
        "topic": "out",
        "guarantee": "exactly_once",
        "security": {"tls": False, "mechanism": "PLAIN", "user": "${env:ME}", "password": "${env:WORD}"},
    }
}


def made(**changes: Any) -> Pipeline:
    whole = {"name": "small", "source": VALUES, "job": DOUBLE, "sink": {"console": {}}, **changes}
    return Pipeline.model_validate({key: value for key, value in whole.items() if value is not None})


def problem(**changes: Any) -> tuple[str, str, str]:
    with pytest.raises(ValidationError) as caught:
        made(**changes)
    context = caught.value.errors()[0]["ctx"]
    return context["found"], context["allowed"], context["do"]


def test_a_job_reads_either_one_source_or_several() -> None:
    rest = ("either source or sources", "write exactly one of them")
    assert problem(source=None) == ("no source", *rest)
    assert problem(source=None, sources={}) == ("no source", *rest)
    assert problem(sources={"one": VALUES}) == ("both source and sources", *rest)
    assert list(made().all_sources()) == ["records"]
    assert list(made(source=None, sources={"one": VALUES, "two": VALUES}).all_sources()) == ["one", "two"]


def test_a_single_step_or_sink_is_a_list_of_one() -> None:
    assert made(job=[DOUBLE], sink=[{"console": {}}]) == made()
    for key in ("job", "sink"):
        with pytest.raises(ValidationError) as caught:
            made(**{key: []})
        assert caught.value.errors()[0]["type"] == "too_short"


def test_sinks_have_the_names_of_their_tables_and_the_dead_letter_queue_is_one_of_them() -> None:
    pipeline = made(sink=[{"console": {}}, {"blackhole": {}}], dead_letters={"files": {"path": "dead"}})
    assert pipeline.connector_kinds() == {
        "source_records": "values", "sink_1": "console", "sink_2": "blackhole", "dead_letters": "files"
    }  # fmt: skip
    assert [type(one).__name__ for one in pipeline.connectors()] == [
        "ValuesSource", "ConsoleSink", "BlackholeSink", "FilesSink"
    ]  # fmt: skip
    assert list(made().named_sinks()) == ["sink_1"]


def test_every_path_is_resolved_against_the_folder_of_the_job_file() -> None:
    pipeline = made(source=FILES, sink={"files": {"path": "out"}}, dead_letters={"files": {"path": "dead"}})
    found = pipeline.located(Path("/project"))
    assert isinstance(found.source, FilesSource)
    assert found.source.path == "/project/in/a.jsonl"
    paths = [sink.path for sink in found.sinks() if isinstance(sink, FilesSink)]
    assert paths == ["/project/out", "/project/dead"]
    several = made(source=None, sources={"one": FILES}).located(Path("/project")).all_sources()["one"]
    assert isinstance(several, FilesSource)
    assert several.path == "/project/in/a.jsonl"


def test_the_packed_job_file_has_the_keys_that_were_written_and_reads_back_as_the_same_job() -> None:
    pipeline = made(job=[DOUBLE, DEDUP])
    packed = pipeline.packed(lambda path: pytest.fail(f"{path} is not needed"))
    assert packed == {
        "name": "small",
        "source": VALUES,
        "job": [{"map": {**DOUBLE["map"], "of": ["a"]}}, {"dedup": {"key": ["a"], "ttl": "1 h"}}],
        "sink": [{"console": {}}],
    }
    assert Pipeline.model_validate(packed) == pipeline


def test_the_state_ttl_and_the_idle_timeout_become_options_of_the_job() -> None:
    timed = {"values": {**VALUES["values"], "event_time": {"column": "t", "idle_after": "5 s"}}}
    options = made(source=timed, job=[DOUBLE, DEDUP]).configuration()
    assert (options["pipeline.name"], options["table.exec.state.ttl"]) == ("small", "3600000 ms")
    assert options["table.exec.source.idle-timeout"] == "5000 ms"
    assert not {"table.exec.state.ttl", "table.exec.source.idle-timeout"} & set(made().configuration())


def test_a_ttl_of_never_sets_no_option() -> None:
    assert "table.exec.state.ttl" not in made(job={"dedup": {"key": "a", "ttl": "never"}}).configuration()


def test_of_several_sources_the_shortest_idle_timeout_holds() -> None:
    def idle(after: str) -> dict[str, Any]:
        return {"values": {**VALUES["values"], "event_time": {"column": "t", "idle_after": after}}}

    pipeline = made(source=None, sources={"one": idle("1 min"), "two": idle("2 s"), "three": VALUES})
    assert pipeline.configuration()["table.exec.source.idle-timeout"] == "2000 ms"


def test_user_functions_have_their_place_in_the_job_file_and_their_modules() -> None:
    own = {"map": {"function": "own.rates.convert", "of": "a", "to": "c", "type": "int"}}
    pipeline = made(job=[DOUBLE, own])
    assert pipeline.user_functions() == {("job", 1, "map", "function"): "own.rates.convert"}
    assert pipeline.modules() == {"own.rates"}
    assert made().modules() == set()


def test_secrets_and_exactly_once_are_those_of_the_sinks() -> None:
    pipeline = made(sink=[KAFKA, KAFKA])
    assert pipeline.references() == ["${env:ME}", "${env:WORD}"]
    assert pipeline.exactly_once
    assert not made().exactly_once
    assert made().references() == []
    assert {"penstock", "kafka"} <= pipeline.jars()
    assert made(sink={"blackhole": {}}).jars() == {"penstock"}


def test_the_dead_letter_queue_has_the_guarantee_of_the_strictest_sink() -> None:
    queue = {"kafka": {key: value for key, value in KAFKA["kafka"].items() if key != "guarantee"} | {"topic": "dead"}}
    assert getattr(made(sink=KAFKA, dead_letters=queue).dead_letter_sink(), "guarantee", "") == "exactly_once"


def test_a_job_can_reject_rows_if_its_source_or_a_step_can() -> None:
    assert not made().can_reject()
    bad_lines = {"files": {**FILES["files"], "on_error": "dead_letter"}}
    assert made(source=bad_lines).can_reject()
    floats = {"values": {"columns": {"x": "double"}, "rows": []}}
    step = {"rolling_sum": {"key": "all rows", "value": "x", "window": {"count": 2}}}
    assert made(source=floats, job=step).can_reject()


def test_the_output_columns_are_those_of_the_last_step() -> None:
    found = made().output_columns().types
    assert {name: str(kind) for name, kind in found.items()} == {"a": "int", "t": "timestamp(3)", "b": "bigint"}


def test_a_frozen_job_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        made().name = "other"


def test_durations_of_steps_stay_durations() -> None:
    assert made(job=DEDUP).job[0].state_ttl == timedelta(hours=1)
