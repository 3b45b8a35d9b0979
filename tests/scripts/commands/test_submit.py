from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from brokers import Stack
from cli import ENVIRON, PENSTOCK, penstock
from small_job import small_job

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster.deployments import Deployments
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.package import Package, pack
from penstock.scripts.cluster.submission_process import SubmissionProcess
from penstock.scripts.config.load import load
from penstock.scripts.targets.load import load_target


def test_a_name_that_already_runs_is_rejected_and_two_at_once_start_one(stack: Stack) -> None:
    """Also by people who share nothing but the cluster."""
    job = small_job(stack.folder)
    both = [
        subprocess.Popen(
            [PENSTOCK, "submit", job, "--ledger", stack.folder / ledger],
            env={**ENVIRON, **stack.environ},
            cwd=stack.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for ledger in ("mine", "yours")
    ]
    texts = [one.communicate(timeout=600) for one in both]
    assert sorted(one.returncode for one in both) == [0, 1], texts
    [live] = stack.live("small")
    [invalid] = [error for one, (_, error) in zip(both, texts, strict=True) if one.returncode]
    assert "small" in invalid
    assert "Traceback" not in invalid
    again = stack.penstock("submit", job)
    assert again.returncode == 1
    assert again.stderr == (
        f"small: a job of this name runs at {stack.flink}\n"
        f"  found    {live}, RUNNING\n"
        "  do       penstock upgrade to replace it, penstock stop small to end it, or give the new one another name\n"
    )


@pytest.mark.slow
def test_a_job_that_came_while_this_one_was_planned_is_seen(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = small_job(stack.folder)
    for name, value in stack.environ.items():
        monkeypatch.setenv(name, value)
    mine = Deployments(load_target("session"), Ledger(stack.folder / "mine"))

    def planned(package: Package, lock: int | None = None) -> SubmissionProcess:
        stack.json("submit", job, "--ledger", stack.folder / "yours")
        return SubmissionProcess(package, mine.submission_options(), lock)

    monkeypatch.setattr(mine, "submission", planned)
    with pytest.raises(RunError, match="a job of this name runs"):
        mine.submit(pack(load(job), [stack.folder]))
    assert len(stack.live("small")) == 1


def test_a_job_without_free_slots_is_rejected_and_leaves_nothing(stack: Stack) -> None:
    job = small_job(stack.folder, "wide", flink={"parallelism": 100})
    done = stack.penstock("submit", job, "--timeout", "8")
    assert done.returncode == 1
    assert done.stderr.startswith("wide: ")
    assert "slots" in done.stderr
    assert stack.live("wide") == []


@pytest.mark.slow
def test_functions_modules_and_models_travel_with_the_job(stack: Stack) -> None:
    (stack.folder / "mine.py").write_text("import beside\n\ndef twice(a):\n    return beside.double(a)\n")
    (stack.folder / "beside.py").write_text("def double(a):\n    return 2 * a\n")
    source = {
        "datagen": {"columns": {"a": "int"}, "rows_per_second": 100, "rows": 200, "fields": {"a": {"min": 1, "max": 9}}}
    }
    job = {"map": {"function": "mine.twice", "of": "a", "to": "b", "type": "int"}}
    options = {"options": {"table.exec.mini-batch.enabled": False}}  # checked by a list that travels too
    file = small_job(stack.folder, "own", source=source, job=job, flink=options)
    assert stack.json("submit", file)["state"] in ("RUNNING", "FINISHED")
    stack.until(lambda: not stack.live("own"))
    assert stack.json("status", "own")["state"] == "FINISHED"


@pytest.mark.slow
def test_a_function_that_fails_at_once_is_reported_with_its_traceback(stack: Stack) -> None:
    (stack.folder / "bad.py").write_text("def fail(a):\n    return 1 // 0\n")
    job = {"map": {"function": "bad.fail", "of": "id", "to": "b", "type": "bigint"}}
    done = stack.penstock("submit", small_job(stack.folder, "failing", job=job))
    if done.returncode == 0:  # it ran before its first row came
        stack.until(lambda: stack.penstock("logs", "failing").stdout.count("ZeroDivisionError"))
        logs = stack.penstock("logs", "failing").stdout
        assert logs.splitlines()[1].startswith("a Python function failed: bad.fail failed: ZeroDivisionError")
    else:
        assert "a Python function failed: bad.fail failed: ZeroDivisionError" in done.stderr
        assert stack.live("failing") == []


def test_a_query_that_flink_rejects_is_reported_at_its_line(stack: Stack) -> None:
    job = {"sql": {"query": "SELECT nme AS id FROM records", "columns": {"id": "bigint"}}}
    file = small_job(stack.folder, "asked", job=job)
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "nme" in text)
    done = stack.penstock("submit", file)
    assert done.returncode == 2
    assert done.stderr.startswith(f"asked: planning\n{file}:{line}:")
    assert "Column 'nme' not found in any table" in done.stderr
    assert stack.live("asked") == []


def test_an_address_where_nothing_answers(tmp_path: Path) -> None:
    done = penstock("submit", small_job(tmp_path), cwd=tmp_path, FLINK="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr == (
        "no Flink answers at http://127.0.0.1:9 (ConnectionError)\n"
        "  do       start one (penstock stack up), or correct the target's address\n"
    )


class _Old(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"flink-version": "1.20.1"}).encode())

    def log_message(self, *_: object) -> None:
        pass


def test_a_cluster_of_another_version(tmp_path: Path) -> None:
    """An answer like that of an old Flink: the old one itself is not to be had here."""
    server = HTTPServer(("127.0.0.1", 0), _Old)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    done = penstock("submit", small_job(tmp_path), cwd=tmp_path, FLINK=address)
    server.shutdown()
    assert done.returncode == 1
    assert done.stderr.startswith(f"the cluster at {address} runs another Flink\n  found    Flink 1.20.1\n")


def test_a_ledger_that_cannot_be_written_is_reported_before_anything_is_done(stack: Stack) -> None:
    done = stack.penstock("submit", small_job(stack.folder), "--ledger", "/proc/version/ledger")
    assert done.returncode == 1
    assert done.stderr.startswith("the ledger /proc/version/ledger/ledger.sqlite cannot be written: ")
    assert "nothing was done to the job" in done.stderr
    assert stack.live("small") == []


def test_an_unknown_target_names_the_known_ones(tmp_path: Path) -> None:
    done = penstock("submit", small_job(tmp_path), "--target", "sesion", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == 'no target "sesion"'
    assert done.stderr.splitlines()[-1] == '  do       did you mean "session"?'
