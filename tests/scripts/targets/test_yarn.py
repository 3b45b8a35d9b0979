from __future__ import annotations

from typing import Any

import pytest
from packages import package
from pydantic import ValidationError

from penstock.scripts.targets import yarn_client
from penstock.scripts.targets.target import Submission
from penstock.scripts.targets.yarn import YarnTarget
from penstock.scripts.targets.yarn_client import Application


def test_each_job_has_an_application_of_its_name_with_its_own_folders() -> None:
    target = YarnTarget(python="env.zip/bin/python", state="hdfs:///flink/", queue="prod.a", slots=3)
    options = target.options("small")
    assert options["yarn.application.name"] == "small"
    assert options["yarn.application.queue"] == "prod.a"
    assert options["taskmanager.numberOfTaskSlots"] == "3"
    assert options["execution.checkpointing.dir"] == "hdfs:///flink/small/checkpoints"
    assert options["execution.checkpointing.savepoint-dir"] == "hdfs:///flink/small/savepoints"
    assert options["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"


def test_without_a_folder_and_a_queue_those_of_flink_and_yarn_are_used() -> None:
    options = YarnTarget(python="/usr/bin/python3").options("small")
    assert not [key for key in options if key.endswith(("queue", "checkpointing.dir", "savepoint-dir"))]
    assert (options["jobmanager.memory.process.size"], options["taskmanager.memory.process.size"]) == ("1600m", "2048m")


@pytest.mark.parametrize(
    "wrong",
    [{"queue": "a b"}, {"slots": 0}, {"slots": 65}, {"jobmanager_memory": "1.5g"}, {"taskmanager_memory": "2048"}],
)
def test_a_value_that_yarn_would_not_take_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        YarnTarget(python="/usr/bin/python3", **wrong)


@pytest.mark.parametrize(("wanted", "used"), [(60, 180), (600, 600)])
def test_a_submission_waits_as_long_as_yarn_needs_and_reports_the_application(
    wanted: float, used: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def submit(target: YarnTarget, package: Any, timeout: float) -> Application:
        waited.append(timeout)
        return Application(package.name, "application_1_2", "http://node:4000")

    monkeypatch.setattr(yarn_client, "submit", submit)
    never: Any = None
    found = YarnTarget(python="/usr/bin/python3").submit(package(), Submission(timeout=wanted), never)
    assert waited == [used]
    assert found.text == "small runs on YARN as application_1_2; its REST address is http://node:4000"
    assert found.data == {
        "name": "small", "job_id": "application_1_2", "state": "RUNNING", "address": "http://node:4000",
    }  # fmt: skip
