"""What is done about transactions, with sinks and sources that answer as brokers do.

With real brokers: tests/scripts/commands/test_txn.py and tests/integration/test_twins.py."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packages import JOB, deployed, package

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster import transactions
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import State
from penstock.scripts.cluster.resume_point import ResumePoint

TWICE = {"bootstrap": "127.0.0.1:9", "topic": "out", "guarantee": "exactly_once"}
KAFKA_JOB = {**JOB, "sink": {"kafka": TWICE}}


class Sink:
    """A sink whose brokers answer with `answer`: a value to return or an exception to raise."""

    def __init__(self, answer: Any) -> None:
        self._answer, self.asked = answer, list[tuple[Any, ...]]()

    def _say(self, *asked: Any) -> Any:
        self.asked.append(asked)
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    abort_open = active_clients = positions = _say


def jobs(folder: Path, same_network: bool = True) -> Any:
    target = SimpleNamespace(same_network=same_network)
    return SimpleNamespace(ledger=Ledger(folder), target_name="session", target=target)


def packed(sinks: dict[str, Sink], sources: dict[str, Sink] | None = None, exactly_once: bool = True) -> Any:
    """A package of the job `small` with these sinks and sources."""
    pipeline = SimpleNamespace(
        name="small", named_sinks=lambda: sinks, all_sources=lambda: sources or {}, exactly_once=exactly_once,
        flink=SimpleNamespace(checkpoint=timedelta(seconds=20)),
    )  # fmt: skip
    return SimpleNamespace(name="small", pipeline=lambda: pipeline)


def test_each_sinks_transactions_are_aborted_and_those_that_cannot_be_are_reported() -> None:
    sinks = {
        "sink_1": Sink((2, 0)), "sink_2": Sink((0, 0)), "sink_3": Sink(RunError("no broker answers", do="start one")),
        "sink_4": Sink(OSError("timed out")), "dead_letters": Sink((1, 1)),
    }  # fmt: skip
    said: list[str] = []
    triggered = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    transactions.abort_open(packed(sinks), ResumePoint("file:/c", triggered), said.append)
    assert said == [
        "small: 2 open transactions of sink_1 aborted",
        "small: open transactions of sink_3 could not be checked: no broker answers",
        "small: open transactions of sink_4 could not be checked: timed out",
        "small: 1 open transaction of dead_letters aborted",
        "small: 1 open transaction of dead_letters left for the job, which ends them when it continues; "
        "readers wait until then, or until they time out",
    ]
    assert sinks["sink_1"].asked == [("small-sink_1", triggered)]


def test_all_transactions_of_a_job_that_cannot_continue_are_aborted() -> None:
    sink = Sink((1, 0))
    transactions.abort_open(packed({"sink_1": sink}), ResumePoint(), lambda _: None)
    assert sink.asked == [("small-sink_1", None)]


def test_a_job_of_the_same_name_and_brokers_that_runs_at_another_target_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, twin = jobs(tmp_path), package(KAFKA_JOB)
    monkeypatch.setattr(packages, "read", lambda file: twin)  # reading it would fetch the jars of Kafka
    deployed(known.ledger, twin, State.RUNNING, target="session")
    deployed(known.ledger, twin, State.STOPPED, target="elsewhere")
    transactions.reject_twin(known, twin)
    deployed(known.ledger, twin, State.RUNNING, target="other")
    transactions.reject_twin(known, package())  # it has no brokers
    with pytest.raises(RunError) as caught:
        transactions.reject_twin(known, twin)
    assert str(caught.value) == (
        "small: a job of this name runs at other, with the same transactional ids on the same brokers\n"
        "  do       give this one another name, or penstock stop small --target other"
    )


@pytest.mark.parametrize(
    ("answers", "found"), [(["producer small-sink_1-0"], "producer small-sink_1-0"), (list("abcdefg"), "a; b; c; d; e")]
)
def test_a_job_that_the_brokers_show_and_the_ledger_does_not_know_is_rejected(
    tmp_path: Path, answers: list[str], found: str
) -> None:
    sink = Sink(answers)
    with pytest.raises(RunError) as caught:
        transactions.reject_stranger(jobs(tmp_path), packed({"sink_1": sink}))
    assert str(caught.value) == (
        "small: the brokers show that a job of this name runs, and this ledger does not know it\n"
        f"  found    {found}\n"
        "  allowed  one job of each name: two would abort each other's transactions\n"
        "  do       stop that job, or give this one another name; if it no longer runs, use --force, or wait 60 s "
        "after penstock txn abort --job small"
    )
    assert sink.asked == [("small-sink_1", 60.0)], "three checkpoint intervals"


def test_the_members_of_a_consumer_group_count_for_exactly_once_jobs_only(tmp_path: Path) -> None:
    source = {"source": Sink(["a member of the group g"])}
    transactions.reject_stranger(jobs(tmp_path), packed({}, source, exactly_once=False))
    with pytest.raises(RunError):
        transactions.reject_stranger(jobs(tmp_path), packed({}, source))


def test_the_brokers_are_not_asked_when_the_job_is_known_or_they_are_in_another_network(tmp_path: Path) -> None:
    sink = Sink(["a producer"])
    transactions.reject_stranger(jobs(tmp_path, same_network=False), packed({"sink_1": sink}))
    known = jobs(tmp_path)
    number = deployed(known.ledger, package(), State.STOPPED)
    transactions.reject_stranger(known, packed({"sink_1": sink}))
    assert sink.asked == []
    known.ledger.update(number, State.FAILED)
    with pytest.raises(RunError):
        transactions.reject_stranger(known, packed({"sink_1": sink}))


def test_brokers_whose_secret_only_the_cluster_has_do_not_prevent_a_submission(tmp_path: Path) -> None:
    transactions.reject_stranger(jobs(tmp_path), packed({"sink_1": Sink(NotHere("env:X is not set"))}))


def test_positions_that_cannot_be_read_do_not_hide_the_others() -> None:
    sources = {"a": Sink(["in-0 at 7"]), "b": Sink(RuntimeError("x")), "c": Sink(["in-1 at 9"])}
    assert transactions.at_risk(packed({}, sources).pipeline()) == "in-0 at 7, in-1 at 9"
