from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packages import package
from pydantic import ValidationError

from penstock.scripts.cluster.steps import Started
from penstock.scripts.targets.session import SessionTarget
from penstock.scripts.targets.target import Submission


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("https://gate.example/flink/prod/", "https://gate.example/flink/prod"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ],
)
def test_an_address_is_kept_without_its_last_slash(written: str, address: str) -> None:
    assert SessionTarget(address=written).address == address


@pytest.mark.parametrize(
    "written",
    [
        "",
        "localhost:8081",
        "ftp://f:1",
        "http://f:1?x=y",
        "http://f:1 -x",
        "http://f:1\n",
        "http://ｆ:1",
    ],
)
def test_what_is_not_an_address_is_an_error(written: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SessionTarget(address=written)
    [error] = caught.value.errors()
    context = error["ctx"]
    assert context["found"] == f'"{written}", which is not a REST address'
    assert (context["allowed"], context["do"]) == ("http://host:port", "correct it")


def test_a_password_in_an_address_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(ValidationError) as caught:
        SessionTarget(address="http://me:secret@f:1")
    [error] = caught.value.errors(include_input=False)
    assert error["ctx"]["found"] == '"http://(hidden)@f:1", which is not a REST address'


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("127.0.0.1.example", False), ("f", False)],
)
def test_a_job_runs_on_this_machine_at_a_loopback_address_only(host: str, here: bool) -> None:
    assert SessionTarget(address=f"http://{host}:8081").same_machine == here


def test_functions_run_with_our_python_or_with_that_of_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert SessionTarget(address="http://f:1").python_options() == {"python.executable": sys.executable}
    packed = SessionTarget(address="http://f:1", python="e.zip/bin/python", python_archive="e.zip")
    assert packed.python_options() == {
        "python.executable": "e.zip/bin/python", "python.archives": str(tmp_path / "e.zip"),
    }  # fmt: skip


def test_a_submission_passes_its_options_on_and_reports_the_job() -> None:
    asked: list[Any] = []

    def submit(*arguments: Any) -> Started:
        asked.extend(arguments)
        return Started("small", "a", "RUNNING", "http://f:1", "file:/sp")

    one, jobs = package(), lambda: SimpleNamespace(submit=submit)
    found = SessionTarget(address="http://f:1").submit(one, Submission("file:/sp", True, True, 7), jobs)  # type: ignore[arg-type]
    assert asked == [one, "file:/sp", True, 7, True]
    assert found.text == "small is RUNNING at http://f:1 as a"
    assert found.data == {"name": "small", "job_id": "a", "state": "RUNNING", "address": "http://f:1"}
