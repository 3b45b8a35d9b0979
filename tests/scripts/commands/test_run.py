from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from cli import ENVIRON, PENSTOCK, ROOT, penstock
from written import written


def test_the_shipped_example_prints_its_rows_and_counts_them() -> None:
    done = penstock("run", "conf/jobs/uppercase_filter.yaml")
    assert done.returncode == 0
    assert done.stdout == '{"id":1,"name":"ADA"}\n{"id":3,"name":"ALAN"}\n{"id":7,"name":"ADELE"}\n'
    assert done.stderr.startswith("uppercase-filter: finished: rows in 8, out 3, filtered 5, dead letters 0, ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("options", "first"), [((), "\r\x1b[Kstarting Flink ...\r\x1b[K"), (("--quiet",), "")])
def test_a_terminal_shows_at_once_that_flink_starts(options: tuple[str, ...], first: str) -> None:
    code, shown = _on_a_terminal("conf/jobs/uppercase_filter.yaml", *options)
    assert code == 0
    assert shown.startswith(first)
    assert bool(shown) == bool(first)
    assert shown.replace("\r\n", "").endswith(" s") == bool(first)


def test_a_terminal_shows_a_line_before_the_job_file_is_read_and_an_error_replaces_it(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text("name: x\n")
    code, shown = _on_a_terminal(str(tmp_path / "job.yaml"))
    assert code == 2
    line = re.escape("\r\x1b[Kstarting Flink ...")  # drawn again each second
    assert re.match(f"({line})+" + re.escape(f"\r\x1b[K{tmp_path}/job.yaml:1:1: "), shown)


def _on_a_terminal(*arguments: str) -> tuple[int, str]:
    """The exit code of a run, and what its standard error shows on a terminal."""
    ours, theirs = os.openpty()
    command = [str(PENSTOCK), "run", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRON, stdout=subprocess.DEVNULL, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux says EIO when the other end is closed
            while part := os.read(ours, 1000):
                shown += part
        code = running.wait()
    os.close(ours)
    return code, shown.decode()


def test_a_table_and_several_sinks(tmp_path: Path) -> None:
    sinks = f"sink=[{{console: {{}}}}, {{files: {{path: {tmp_path}/out}}}}]"
    done = penstock("run", "conf/jobs/uppercase_filter.yaml", "--format", "table", "--set", sinks)
    assert done.stdout == "id  name\n--  -----\n1   ADA\n3   ALAN\n7   ADELE\n"
    assert [line["id"] for line in written(tmp_path / "out")] == [1, 3, 7]


def test_rejected_rows_are_counted_by_reason(tmp_path: Path) -> None:
    dead = f"dead_letters.files.path={tmp_path}/dead"
    done = penstock("run", "conf/jobs/regression_scoring.yaml", "--set", dead)
    assert "rows in 4, out 3, filtered 0, dead letters 1 (missing_feature 1)" in done.stderr
    [dead_letter] = written(tmp_path / "dead")
    assert (dead_letter["reason"], dead_letter["job"], dead_letter["step"]) == (
        "missing_feature",
        "regression-scoring",
        "1_regression_scoring",
    )
    assert json.loads(dead_letter["row"]) == {"id": 3, "area": 56.25, "rooms": 2, "age": None, "price": 151000.0}


def test_a_limit_stops_an_endless_job() -> None:
    endless = "source={datagen: {columns: {id: bigint, name: string}, rows_per_second: 500}}"
    done = penstock(
        "run",
        "conf/jobs/uppercase_filter.yaml",
        "--set",
        endless,
        "--set",
        "job.uppercase_filter.keep=null",
        "--limit",
        "20",
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 20
    assert "stopped after --limit 20" in done.stderr


def test_a_limit_without_a_console_sink_is_a_usage_error(tmp_path: Path) -> None:
    sink = f"sink={{files: {{path: {tmp_path}/out}}}}"
    done = penstock("run", "conf/jobs/uppercase_filter.yaml", "--set", sink, "--limit", "2")
    assert done.returncode == 2
    assert "--limit counts the rows of the console sink, and the job has none: use --timeout" in done.stderr


def test_ctrl_c_stops_cleanly_and_leaves_no_process() -> None:
    endless = "source={datagen: {columns: {id: bigint, name: string}, rows_per_second: 100}}"
    command: list[str | Path] = [
        PENSTOCK,
        "run",
        "conf/jobs/uppercase_filter.yaml",
        "--set",
        endless,
        "--set",
        "job.uppercase_filter.keep=null",
    ]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        start_new_session=True,
    ) as running:
        assert running.stdout and running.stderr
        assert running.stdout.readline()
        assert _listening(running.pid) == {"127.0.0.1"}, "only this machine can connect to a local run"
        os.kill(running.pid, signal.SIGINT)
        running.stdout.read()
        errors = running.stderr.read()
        assert running.wait(timeout=60) == 130
    assert "uppercase-filter: stopped: rows in" in errors
    assert "Traceback" not in errors
    until = time.monotonic() + 15
    while time.monotonic() < until and _in_session(running.pid):
        time.sleep(0.2)
    assert not _in_session(running.pid)


def _listening(pid: int) -> set[str]:
    """The addresses on which a process and its children accept connections."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    found = [one for each in family for one in each.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    return {one.laddr.ip.removeprefix("::ffff:") for one in found}


def _in_session(session: int) -> list[str]:
    asked = subprocess.run(["ps", "-eo", "sess=,stat=,pid="], capture_output=True, text=True, check=True).stdout
    return [
        line for line in asked.splitlines() if line.split()[0] == str(session) and not line.split()[1].startswith("Z")
    ]


def test_the_cause_of_a_failure_comes_first_in_one_screen(tmp_path: Path) -> None:
    data = tmp_path / "bad.jsonl"
    data.write_text('{"id": 1, "name": "a"}\n{"id": "no number"}\n')
    done = penstock("run", "conf/jobs/uppercase_filter.yaml", "--set", f"source.files.path={data}")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("the job failed: ")
    assert "no number" in done.stderr
    assert lines[-1].startswith("  log  ")
    assert Path(lines[-1].removeprefix("  log  ")).is_dir()
    assert len(lines) < 25


@pytest.mark.slow
def test_a_broker_that_is_down_is_reported_within_15_seconds() -> None:
    started = time.monotonic()
    done = penstock("run", "conf/jobs/uppercase_filter_kafka.yaml", KAFKA="127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("source kafka: no Kafka broker answers at 127.0.0.1:9 (")
    assert "do       start a broker (penstock stack up), or correct bootstrap" in done.stderr
    assert time.monotonic() - started < 15  # the promise itself, not a measurement


def test_missing_files_are_reported_before_anything_starts(tmp_path: Path) -> None:
    done = penstock("run", "conf/jobs/uppercase_filter.yaml", "--set", "source.files.path=../data/name.jsonl")
    assert (done.returncode, done.stderr.splitlines()[1]) == (1, '  do       did you mean "names.jsonl"?')
    done = penstock("run", tmp_path / "none.yaml")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, f"{tmp_path}/none.yaml: cannot be read")


def test_an_empty_file_outputs_no_rows(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    done = penstock("run", "conf/jobs/uppercase_filter.yaml", "--set", f"source.files.path={tmp_path}/empty.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    assert "rows in 0, out 0" in done.stderr


def _own_function(folder: Path, code: str) -> Path:
    """A job of one row with a function of its own."""
    (folder / "own.py").write_text(code)
    job = "name: own\nsource: {values: {columns: {a: int}, rows: [[1]]}}\n"
    job += "job: {map: {function: own.same, of: a, to: b, type: int}}\nsink: {console: {}}\n"
    (folder / "own.yaml").write_text(job)
    return folder / "own.yaml"


@pytest.mark.slow
def test_what_a_function_prints_does_not_mix_with_rows(tmp_path: Path) -> None:
    job = _own_function(tmp_path, "def same(a):\n    print('hello from the function')\n    return a\n")
    done = penstock("run", job, cwd=tmp_path)
    assert done.stdout == '{"a":1,"b":1}\n', done.stderr


def test_a_run_with_a_function_of_ones_own_ends_quietly(tmp_path: Path) -> None:
    job = _own_function(tmp_path, "def same(a):\n    return a\n")
    done = penstock("run", job, cwd=tmp_path)
    assert done.stderr.startswith("own: finished: rows in 1, out 1")
    assert done.stderr.count("\n") == 1
