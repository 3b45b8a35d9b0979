from __future__ import annotations

import json

import pytest

from penstock.jobs.pipeline.operator_uids import Operator
from penstock.scripts.cluster.records import (
    Action,
    AnyStep,
    Cancelling,
    Replaced,
    State,
    Stopping,
    Submitting,
    Versions,
    decode,
    deployment,
    encode,
)

ROW = {
    "id": 7, "name": "small", "target": "session", "action": "upgrade", "state": "stopped", "at": "2026-01-01T00:00:00+00:00",
    "by": "me@here", "config_hash": "c", "code_hash": "d",
    "versions": '{"penstock": "0.1.0", "flink": "2.3.0", "python": "3.12", "jars": {"jars/c.jar": "e"}}',
    "operators": '[{"uid": 1, "kind": "sink", "means": "sink sink_1 kafka"}]',
    "package": "p.zip", "job_id": "a", "from_savepoint": None, "savepoint": "file:/sp", "note": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Stopping("a", "t"), '{"job_id": "a", "trigger": "t"}'),
        (Cancelling("a"), '{"job_id": "a"}'),
        (Submitting("a", 7), '{"deploy": 7, "job_id": "a"}'),
        (
            Submitting("a", 7, Replaced(6, compatible=False)),
            '{"deploy": 7, "job_id": "a", "from": 6, "compatible": false}',
        ),
        (
            Submitting("a", 7, Replaced(6, compatible=True)),
            '{"deploy": 7, "job_id": "a", "from": 6, "compatible": true}',
        ),
    ],
)
def test_each_step_is_written_with_these_keys_and_read_back(step: AnyStep, text: str) -> None:
    assert encode(step) == text
    assert decode(step.step.value, text) == step


def test_a_step_from_before_compatibility_was_written_counts_as_not_compatible() -> None:
    assert decode("submitting", '{"deploy": 7, "job_id": "a", "from": 6}') == Submitting("a", 7, Replaced(6, False))


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [("jumping", "{}", ValueError), ("stopping", '{"job_id": "a"}', KeyError), ("cancelling", "{", ValueError)],
)
def test_a_damaged_step_raises_what_the_ledger_expects(name: str, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode(name, text)


def test_a_deployment_is_read_from_its_row() -> None:
    found = deployment(ROW)
    assert (found.id, found.action, found.state) == (7, Action.UPGRADE, State.STOPPED)
    assert found.versions == Versions("0.1.0", "2.3.0", "3.12", {"jars/c.jar": "e"})
    assert found.operators == (Operator(1, "sink", "sink sink_1 kafka"),)


def test_a_deployment_as_plain_data_has_the_values_of_its_row() -> None:
    plain = deployment(ROW).as_dict()
    wanted = {**ROW, "versions": json.loads(str(ROW["versions"])), "operators": json.loads(str(ROW["operators"]))}
    assert json.loads(json.dumps(plain)) == wanted


@pytest.mark.parametrize("change", [{"state": "asleep"}, {"action": "pray"}, {"versions": "{}"}, {"operators": "[{}]"}])
def test_a_damaged_row_raises_what_the_ledger_expects(change: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        deployment({**ROW, **change})


def test_a_deployment_that_failed_or_was_never_submitted_did_not_run() -> None:
    assert {state for state in State if not state.ran} == {State.FAILED, State.SUBMITTING}
