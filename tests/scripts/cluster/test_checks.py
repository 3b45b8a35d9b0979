from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from answers import answering
from packages import deployed, package

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.home import flink_line
from penstock.scripts.cluster import checks
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import State
from penstock.scripts.flink.client import Flink, FlinkJob

ID = "a" * 32


class Cluster(Flink):
    """A cluster with these jobs, by name and state."""

    def __init__(self, *jobs: tuple[str, str]) -> None:
        super().__init__("http://flink:8081")
        self._jobs = [FlinkJob(str(number) * 32, name, state, 0) for number, (name, state) in enumerate(jobs)]

    def jobs(self) -> list[FlinkJob]:
        return self._jobs


def jobs(folder: Path, flink: Flink | None = None) -> Any:
    return SimpleNamespace(flink=flink or Cluster(), ledger=Ledger(folder), target_name="session")


def test_a_running_job_is_found_and_an_ended_one_of_its_name_is_not(tmp_path: Path) -> None:
    cluster = Cluster(("small", "FAILED"), ("small", "RESTARTING"))
    assert checks.running_job(jobs(tmp_path, cluster), "small") == FlinkJob("1" * 32, "small", "RESTARTING", 0)


@pytest.mark.parametrize(
    ("running", "found"),
    [([], "none"), ([("b", "RUNNING"), ("a", "RUNNING"), ("a", "RUNNING"), ("small", "FAILED")], "a, b")],
)
def test_a_job_that_does_not_run_is_an_error_that_names_those_that_do(
    tmp_path: Path, running: list[tuple[str, str]], found: str
) -> None:
    with pytest.raises(RunError) as caught:
        checks.running_job(jobs(tmp_path, Cluster(*running)), "small")
    assert str(caught.value) == (
        "small: no such job runs at http://flink:8081\n"
        f"  found    {found}\n"
        "  do       penstock list --target session shows what runs"
    )


@pytest.mark.parametrize(
    ("name", "do"),
    [("smal", 'did you mean "small"?'), ("conf/small.yaml", "write the name of the job: the key name of its job file")],
)
def test_a_wrong_name_of_a_job_has_advice(tmp_path: Path, name: str, do: str) -> None:
    with pytest.raises(RunError) as caught:
        checks.running_job(jobs(tmp_path, Cluster(("small", "RUNNING"))), name)
    assert caught.value.do == do


@pytest.mark.parametrize(("state", "count"), [(State.ENDED, 1), (State.FAILED, 0), (State.RUNNING, 0)])
def test_a_job_that_has_finished_before_is_said_to_run_again(tmp_path: Path, state: State, count: int) -> None:
    known, said = jobs(tmp_path), list[str]()
    known.say = said.append
    deployed(known.ledger, package(), state)
    checks.say_runs_again(known, "small")
    assert len(said) == count
    assert all("it reads its input again, and adds to its output" in line for line in said)


def test_a_job_that_was_stopped_can_be_resumed(tmp_path: Path) -> None:
    known = jobs(tmp_path)
    deployed(known.ledger, package(), State.STOPPED, savepoint="file:/sp")
    with pytest.raises(RunError) as caught:
        checks.running_job(known, "small")
    assert caught.value.do == "penstock resume small"


def test_a_name_that_runs_is_rejected_and_one_that_has_ended_is_not(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        checks.reject_if_running(jobs(tmp_path, Cluster(("small", "CREATED"))), "small")
    assert str(caught.value) == (
        "small: a job of this name runs at http://flink:8081\n"
        f"  found    {'0' * 32}, CREATED\n"
        "  do       penstock upgrade to replace it, penstock stop small to end it, or give the new one another name"
    )
    ended = jobs(tmp_path, Cluster(("small", "FAILED"), ("other", "RUNNING")))
    assert checks.reject_if_running(ended, "small") == [FlinkJob("0" * 32, "small", "FAILED", 0)]


@pytest.mark.parametrize("note", ["cancelled", None])
def test_a_job_with_a_savepoint_is_not_submitted_without_it(tmp_path: Path, note: str | None) -> None:
    known = jobs(tmp_path)
    deployed(known.ledger, package(), State.STOPPED, savepoint="file:/sp", note=note)
    at = known.ledger.deployments()[0].at
    with pytest.raises(RunError) as caught:
        checks.reject_forgetting(known, "small")
    assert str(caught.value) == (
        "small: it has state to resume from, and submitting would start without it\n"
        f"  found    file:/sp ({note or at})\n"
        "  do       penstock resume small (or upgrade, with a changed job file) to continue; --fresh to start without its state"
    )


def test_a_job_that_the_cluster_lost_is_not_submitted_without_its_state(tmp_path: Path) -> None:
    known = jobs(tmp_path)
    deployed(known.ledger, package(), State.LOST)
    with pytest.raises(RunError) as caught:
        checks.reject_forgetting(known, "small")
    assert str(caught.value) == (
        "small: it ran, and the cluster no longer knows it\n"
        f"  found    job {ID}, submitted {known.ledger.deployments()[0].at}\n"
        "  do       --from CHECKPOINT to resume from its last one, or --fresh to start without state"
    )


@pytest.mark.parametrize("state", [State.ENDED, State.FAILED, State.SUBMITTING, State.STOPPED])
def test_a_job_without_state_to_resume_from_is_submitted(tmp_path: Path, state: State) -> None:
    known = jobs(tmp_path)
    checks.reject_forgetting(known, "small")
    deployed(known.ledger, package(), state)
    checks.reject_forgetting(known, "small")
    deployed(known.ledger, package(), State.STOPPED, target="other", savepoint="file:/sp")
    checks.reject_forgetting(known, "small")


def test_an_unknown_name_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    known = jobs(tmp_path)
    with pytest.raises(RunError) as caught:
        checks.known(known, "other")
    assert caught.value.found == "none"
    deployed(known.ledger, package())
    assert checks.known(known, "small").job_id == ID
    with pytest.raises(RunError) as caught:
        checks.known(known, "other")
    assert str(caught.value) == (
        "no job named other was deployed to session\n"
        "  found    small\n"
        "  do       penstock submit JOB, with the job file of other"
    )
    with pytest.raises(RunError) as caught:
        checks.known(known, "smal")
    assert caught.value.do == 'did you mean "small"?'


def test_a_job_that_never_ran_is_not_listed_as_one_that_can_be_continued(tmp_path: Path) -> None:
    known = jobs(tmp_path)
    deployed(known.ledger, package(), State.FAILED, note="no slots")
    with pytest.raises(checks.NotDeployed) as caught:
        checks.known(known, "other")
    assert caught.value.found == "none"
    with pytest.raises(checks.NotDeployed) as caught:
        checks.known(known, "small")
    assert str(caught.value) == (
        "small: it never ran at session, so it has no state\n"
        "  found    its start failed: no slots\n"
        "  do       penstock submit JOB, with the job file of small"
    )


def test_another_minor_version_of_flink_is_rejected_and_another_patch_is_not(tmp_path: Path) -> None:
    with answering({"GET /config": {"flink-version": f"{flink_line()}.99"}}) as server:
        checks.check_version(jobs(tmp_path, Flink(server.address)))
    with answering({"GET /config": {"flink-version": "1.20.1"}}) as server, pytest.raises(RunError) as caught:
        checks.check_version(jobs(tmp_path, Flink(server.address)))
    assert str(caught.value) == (
        f"the cluster at {server.address} runs another Flink\n"
        "  found    Flink 1.20.1\n"
        f"  allowed  Flink {flink_line()}.x, as installed here\n"
        "  do       pip install 'apache-flink==1.20.1', or name another target"
    )
