"""The `flink` section. tests/scripts/flink/test_options.py compares the list of options with Flink's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.jobs.pipeline.flink_settings import FlinkSettings, may_be_set

ALWAYS = {
    "pipeline.name": "small",
    "parallelism.default": "1",
    "execution.checkpointing.interval": "10000 ms",
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "pipeline.object-reuse": "true",
    "table.local-time-zone": "UTC",
    "table.exec.uid.generation": "ALWAYS",
    "table.exec.sink.require-on-conflict": "false",
    "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
}


def settings(**values: Any) -> FlinkSettings:
    return FlinkSettings.model_validate(values)


def problem(name: str, value: Any = "1") -> tuple[str, str, str, str]:
    """Return the key, and what the error about an option says."""
    with pytest.raises(ValidationError) as caught:
        settings(options={name: value})
    context = caught.value.errors()[0]["ctx"]
    return context["key"], context["found"], context["allowed"], context["do"]


def test_without_settings_a_job_has_these_options() -> None:
    assert FlinkSettings().configuration("small", None, None) == ALWAYS


def test_each_setting_becomes_an_option_of_flink() -> None:
    made = settings(parallelism=3, checkpoint="1500 ms")
    assert made.configuration("small", timedelta(hours=1), timedelta(seconds=2)) == {
        **ALWAYS,
        "parallelism.default": "3",
        "execution.checkpointing.interval": "1500 ms",
        "table.exec.state.ttl": "3600000 ms",
        "table.exec.source.idle-timeout": "2000 ms",
    }


@pytest.mark.parametrize(
    ("state", "backend", "incremental"),
    [
        ({"backend": "rocksdb"}, "rocksdb", "true"),
        ({"backend": "rocksdb", "incremental": False}, "rocksdb", "false"),
        ({"backend": "hashmap"}, "hashmap", "false"),
    ],
)
def test_the_state_backend_becomes_options_of_flink(state: dict[str, Any], backend: str, incremental: str) -> None:
    found = settings(state=state).configuration("small", None, None)
    assert found == {**ALWAYS, "state.backend.type": backend, "execution.checkpointing.incremental": incremental}
    assert may_be_set("state.backend.type")  # Flink has these names, see test_options.py
    assert may_be_set("execution.checkpointing.incremental")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"state": {"backend": "hashmap", "incremental": True}}, "incremental with backend: hashmap"),
        (
            {"state": {"backend": "rocksdb"}, "options": {"state.backend.type": "hashmap"}},
            "state.backend.type, which flink.state sets",
        ),
    ],
)
def test_settings_of_the_state_that_contradict_each_other_are_errors(values: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**values)
    assert caught.value.errors()[0]["ctx"]["found"] == found


def test_an_option_of_the_job_file_replaces_the_default_and_is_written_as_flink_reads_it() -> None:
    options = {
        "pipeline.object-reuse": False,
        "table.exec.mini-batch.enabled": True,
        "table.exec.mini-batch.size": 100,
        "restart-strategy.type": "none",
    }
    made = settings(options=options).configuration("small", None, None)
    assert {name: made[name] for name in options} == {
        "pipeline.object-reuse": "false",
        "table.exec.mini-batch.enabled": "true",
        "table.exec.mini-batch.size": "100",
        "restart-strategy.type": "none",
    }


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("table.exec.mini-batch.size", True),
        ("state.backend.type", True),
        ("pipeline.object-reuse", True),
        ("pipeline.jars", False),
        ("table.exec.uid.format", False),
        ("table.exec.state.ttl", False),
        ("execution.checkpointing.interval", False),
        ("execution.checkpointing.interval-during-backlog", False),
        ("env.java.opts.all", False),
        ("TABLE.EXEC.X", False),
        ("table.exec.a b", False),
        ("table.exec.a\n", False),
        ("", False),
    ],
)
def test_an_option_may_be_set_if_its_prefix_is_allowed_and_penstock_does_not_set_it(name: str, allowed: bool) -> None:
    assert may_be_set(name) is allowed


def test_an_option_with_its_own_key_is_rejected_with_that_key() -> None:
    name = "execution.checkpointing.interval"
    replaces = "the key of the job file that replaces it"
    assert problem(name) == (name, f'"{name}"', replaces, "write flink: {checkpoint: 10 s}")
    found = f'"execution.checkpointing.intervall", which looks like {name}'
    assert problem(f"{name}l") == (f"{name}l", found, replaces, "write flink: {checkpoint: 10 s}")


def test_an_option_outside_the_allowed_prefixes_is_rejected_with_the_prefixes() -> None:
    key, found, allowed, do = problem("pipeline.jars")
    assert (key, found) == ("pipeline.jars", '"pipeline.jars", which a job file must not set')
    assert allowed.startswith("table.exec.*, table.optimizer.*, execution.checkpointing.*")
    assert do == "remove it; set other options in the configuration of the cluster"


def test_an_option_that_flink_does_not_have_is_rejected_with_the_nearest_name() -> None:
    name = "restart-strategy.typ"
    found = '"restart-strategy.typ", which Flink does not have'
    assert problem(name) == (name, found, "an option of Flink", 'did you mean "restart-strategy.type"?')
    assert problem("table.exec.qqqqqqqqqqqqq")[3] == "look the name up in Flink's documentation"


@pytest.mark.parametrize("parallelism", [0, -1, 32769, 1.0, "2", True, None])
def test_a_parallelism_that_is_no_whole_number_from_1_to_32768_is_rejected(parallelism: Any) -> None:
    with pytest.raises(ValidationError):
        settings(parallelism=parallelism)


@pytest.mark.parametrize("checkpoint", ["0 s", "10", 10, "-1 s", None])
def test_a_checkpoint_interval_that_is_no_positive_duration_is_rejected(checkpoint: Any) -> None:
    with pytest.raises(ValidationError):
        settings(checkpoint=checkpoint)
