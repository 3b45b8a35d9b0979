from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from penstock.scripts.cluster.status import Status
from penstock.scripts.commands import status as command
from penstock.scripts.commands.watching import Reading, data, lines, readings, table


def status(rows_in: int | None, out: int | None = 0, **more: Any) -> Status:
    known: dict[str, Any] = {
        "state": "RUNNING", "healthy": True, "reasons": [], "uptime": 61.0, "watermark_lag": 300.0,
        "checkpoint": {"id": 7, "age": 3.2, "duration": 0.1, "bytes": 1},
    }  # fmt: skip
    return Status(
        **{"name": "orders", "job_id": "a", **known, "rows": {"in": rows_in, "out": out, "dead": 2, "late": 1}, **more}
    )


def after(first: Status, second: Status, seconds: float = 2) -> Reading:
    [before] = readings([first], {}, 1000)
    assert before.rates == {"in": None, "out": None}
    return readings([second], {"orders": before}, 1000 + seconds)[0]


def test_rates_are_rows_per_second_between_two_readings() -> None:
    one = after(status(100, 10), status(350, 15))
    assert one.rates == {"in": 125.0, "out": 2.5}
    assert lines([one]) == [
        "1970-01-01T00:16:42Z  orders  RUNNING  healthy  rows in 350 (125/s)  out 15 (2/s)  dead 2  late 1  "
        "watermark 5 min behind  checkpoint 3 s ago"
    ]
    assert table([one]).rows[0] == [
        "orders", "RUNNING", "healthy", "1 min", "350 (125/s)", "15 (2/s)", "2", "1", "5 min behind", "3 s ago", "-"
    ]  # fmt: skip


def test_no_rate_is_claimed_for_unknown_counts_another_job_or_a_restart() -> None:
    none = {"in": None, "out": None}
    assert after(status(100), status(None, None)).rates == none
    assert after(status(100), status(200, job_id="b")).rates == none
    assert after(status(100), status(50, 0)).rates == {"in": None, "out": 0.0}


def test_a_reading_as_data_is_the_status_with_time_and_rates() -> None:
    second = status(350, 15)
    found = data(after(status(100, 10), second))
    assert found == {
        **second.as_dict(), "at": "1970-01-01T00:16:42Z", "rows_per_second": {"in": 125.0, "out": 2.5}
    }  # fmt: skip


class _Jobs:
    def __init__(self) -> None:
        self.asked = 0

    def status(self, name: str) -> Status:
        self.asked += 1
        return status(100 * self.asked, name=name, reasons=["it is\nslow"] if self.asked > 1 else [])

    def overview(self) -> list[dict[str, str | None]]:
        return [
            {"name": "orders", "state": "RUNNING", "savepoint": None},
            {"name": "old", "state": "STOPPED", "savepoint": "file:/sp"},
            {"name": "done", "state": "ENDED", "savepoint": None},
        ]


@pytest.mark.parametrize("arguments", [["--watch", "orders"], ["orders", "--watch", "0.5"], ["--watch=0.5"]])
@pytest.mark.parametrize("output", ["text", "json"])
def test_watching_prints_a_line_for_each_reading_until_it_is_interrupted(
    arguments: list[str], output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] > 1000 + 2 * seconds:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.time", lambda: now[0])
    monkeypatch.setattr(command, "deployments", lambda target, ledger: _Jobs())
    done = CliRunner().invoke(command.command, [*arguments, "--output", output])
    assert done.exit_code == 130, done.output
    shown = done.stdout.splitlines()
    assert len(shown) == 3
    if output == "json":
        assert [json.loads(line)["rows"]["in"] for line in shown] == [100, 200, 300]
        assert json.loads(shown[1])["rows_per_second"]["in"] == (50.0 if arguments[-1] == "orders" else 200.0)
    else:
        assert "rows in 200 (" in shown[1]
        assert shown[1].endswith("! it is slow")


def test_without_a_name_the_jobs_that_should_run_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "deployments", lambda target, ledger: _Jobs())
    done = CliRunner().invoke(command.command, [])
    assert done.exit_code == 0, done.output
    header, line = done.stdout.splitlines()
    assert header.split()[:3] == ["job", "state", "health"]
    assert line.split()[:3] == ["orders", "RUNNING", "healthy"]
    assert len(json.loads(CliRunner().invoke(command.command, ["a", "b", "--output", "json"]).stdout)) == 2


@pytest.mark.parametrize(
    ("first", "text"),
    [(1, "no running jobs; stopped: old (penstock resume old)\n"), (2, "no running jobs\n")],
)
def test_without_running_jobs_the_stopped_ones_are_named(
    first: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = _Jobs().overview()[first:]
    monkeypatch.setattr(command, "deployments", lambda target, ledger: SimpleNamespace(overview=lambda: known))
    done = CliRunner().invoke(command.command, [])
    assert (done.exit_code, done.output) == (0, text)
    assert CliRunner().invoke(command.command, ["--output", "json"]).output == "[]\n"
