from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import requests
from answers import answering
from cli import ROOT, penstock
from small_job import small_job

from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.flink_config import Layout
from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.service import Service


@pytest.mark.slow
def test_a_first_session_with_a_real_broker(tmp_path: Path) -> None:
    port = str(free_port())
    up = penstock("stack", "up", "--only", "kafka", "--port", port, cwd=tmp_path)
    try:
        assert up.returncode == 0, up.stderr
        address = up.stdout.split()[-1]
        assert address == f"127.0.0.1:{port}"
        status = json.loads(penstock("stack", "status", "--output", "json", cwd=tmp_path).stdout)
        assert status["kafka"] == {
            "address": address,
            "ready": True,
            "log": str(tmp_path / ".penstock/stack/kafka.log"),
        }
        assert penstock("stack", "up", "--only", "kafka", cwd=tmp_path).stdout == f"kafka is up at {address}\n"
        for name in ("names", "names-upper"):
            assert penstock("topics", "create", name, cwd=tmp_path).returncode == 0
        assert penstock("topics", "list", cwd=tmp_path).stdout == "names\nnames-upper\n"
        wrote = penstock("topics", "produce", "names", ROOT / "conf/data/names.jsonl", "--key", "id", cwd=tmp_path)
        assert wrote.stderr == "wrote 8 records to names\n"
        job = ROOT / "conf/jobs/uppercase_filter_kafka.yaml"
        ran = penstock("run", job, "--set", "source.kafka.until=latest", cwd=tmp_path)
        assert "rows in 8, out 3" in ran.stderr
        tail = penstock("topics", "tail", "names-upper", cwd=tmp_path)
        assert [json.loads(line)["name"] for line in tail.stdout.splitlines()] == ["ADA", "ALAN", "ADELE"]
        full = json.loads(penstock("topics", "tail", "names", "--full", "--limit", "1", cwd=tmp_path).stdout)
        assert (full["partition"], full["offset"], full["key"]) == (0, 0, "1")
        missing = penstock("run", job, "--set", "source.kafka.topic=nmes", cwd=tmp_path)
        assert missing.stderr.splitlines()[1] == f'source kafka: the topic "nmes" does not exist on {address}'
        assert missing.stderr.splitlines()[-1] == (
            f'  do       did you mean "names"? Otherwise: penstock topics create nmes --bootstrap {address}'
        )
        assert penstock("stack", "down", cwd=tmp_path).stdout == "kafka stopped\n"
        again = penstock("stack", "up", "--only", "kafka", cwd=tmp_path)
        assert (again.stdout, again.stderr) == (f"kafka is up at {address}\n", "starting Kafka\n")
        other = penstock("stack", "up", "--only", "kafka", "--port", "1", cwd=tmp_path)
        assert (other.returncode, other.stderr) == (
            1,
            f"stack: Kafka is already running at {address}\n  do       run penstock stack down first, or omit --port\n",
        )
        assert penstock("topics", "list", cwd=tmp_path).stdout == "names\nnames-upper\n"
    finally:
        down = penstock("stack", "down", "--remove", cwd=tmp_path)
    assert down.returncode == 0
    assert not (tmp_path / ".penstock" / "stack").exists()
    assert penstock("stack", "status", cwd=tmp_path).returncode == 1


def test_a_port_that_the_user_names_and_another_program_has_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        for only, option in (("kafka", "--port"), ("flink", "--rest-port")):
            done = penstock("stack", "up", "--only", only, option, str(port), cwd=tmp_path)
            assert done.returncode == 1
            head = f"stack: {only.capitalize()} cannot use port {port}: another program listens on it"
            assert head in done.stderr.splitlines()
            assert f"(process {os.getpid()})" in done.stderr
            assert f"omit {option}" in done.stderr
    assert json.loads(penstock("stack", "status", "--output", "json", cwd=tmp_path).stdout)["kafka"]["address"] is None


def test_a_folder_without_a_stack_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    done = penstock("stack", "down", "--remove", "--folder", tmp_path / "precious")
    assert done.returncode == 1
    assert (tmp_path / "precious").is_dir()


@pytest.mark.parametrize(
    ("option", "zookeeper", "after"),
    [
        ([], None, "penstock resume sums continues it from its last checkpoint after the next stack up"),
        ([], 2181, "penstock status sums shows what became of it after the next stack up"),
        (["--remove"], None, "its checkpoints are deleted"),
    ],
)
def test_stack_down_names_the_jobs_that_were_running(
    option: list[str], zookeeper: int | None, after: str, tmp_path: Path
) -> None:
    cluster = FlinkCluster(tmp_path)
    with answering({"GET /jobs/overview": {"jobs": [{"name": "sums", "state": "RUNNING"}]}}) as server:
        layout = Layout(cluster.folder, (int(server.address.split(":")[-1]),), 6123, 0, 1, zookeeper, ())
        cluster.folder.mkdir()
        (cluster.folder / "cluster.json").write_text(json.dumps({**layout.__dict__, "folder": str(layout.folder)}))
        Service(cluster.folder, "jobmanager-1").start(["sleep", "300"], os.environ)
        done = penstock("stack", "down", "--folder", tmp_path, *option)
    assert (done.returncode, done.stdout) == (0, f"flink stopped\nsums was running; {after}\n"), done.stderr


@pytest.mark.slow
def test_a_cluster_with_two_jobmanagers_closed_to_the_outside_leaves_nothing(tmp_path: Path) -> None:
    up = penstock(
        "stack", "up", "--only", "flink", "--ha", "--rest-port", str(free_port()), "--taskmanagers", "1", cwd=tmp_path
    )
    try:
        assert up.returncode == 0, up.stderr
        found = json.loads(penstock("stack", "status", "--output", "json", cwd=tmp_path).stdout)["flink"]
        assert (found["ready"], found["slots"]) == (True, {"free": 2, "all": 2})
        assert found["services"] == dict.fromkeys(("zookeeper", "jobmanager-1", "jobmanager-2", "taskmanager-1"), True)
        answer = requests.get(f"{found['address']}/config", headers={"Origin": "http://evil.example"}, timeout=10)
        assert answer.headers.get("Access-Control-Allow-Origin") != "*"
        assert requests.post(f"{found['address']}/jars/upload", timeout=10).status_code == 404
        assert len(_ours(tmp_path)) == 4
        addresses = _listening(tmp_path)
        assert addresses
        assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}
        job_id = json.loads(penstock("submit", small_job(tmp_path), "--output", "json", cwd=tmp_path).stdout)["job_id"]
        cluster = FlinkCluster(tmp_path / ".penstock/stack")
        assert cluster.layout
        cluster.kill("jobmanager-1")
        until = time.monotonic() + 60
        while (done := penstock("status", "small", "--output", "json", cwd=tmp_path)).returncode:
            assert time.monotonic() < until, done.stdout + done.stderr
        assert json.loads(done.stdout)["job_id"] == job_id
        assert json.loads(done.stdout)["address"] == f"http://127.0.0.1:{cluster.layout.rest_ports[1]}"
        assert len(_ours(tmp_path)) == 3
    finally:
        down = penstock("stack", "down", cwd=tmp_path)
    assert down.stdout.startswith("flink stopped\nsmall was running; penstock status small ")
    assert _ours(tmp_path) == []


def test_processes_that_a_killed_taskmanager_left_end_with_the_stack(tmp_path: Path) -> None:
    leader = subprocess.Popen(["bash", "-c", "sleep 300 & sleep 300 & wait"], start_new_session=True)
    service = Service(tmp_path, "taskmanager-1")
    process = service.start(["bash", "-c", f"sleep 299.{leader.pid} & wait"], os.environ)
    while not _runs(f"sleep 299.{leader.pid}"):
        assert process.alive
    os.kill(process.pid, signal.SIGKILL)
    service.stop()
    until = time.monotonic() + 10
    while _runs(f"sleep 299.{leader.pid}"):  # a signal takes its time to arrive
        assert time.monotonic() < until, "it was left behind"
        time.sleep(0.05)
    assert leader.poll() is None
    os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def _runs(command: str) -> bool:
    return subprocess.run(["pgrep", "-f", command], check=False, capture_output=True).returncode == 0


def _ours(folder: Path) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(one.info["cmdline"] or [])]


def _listening(folder: Path) -> set[str]:
    """The addresses on which the stack's processes listen."""
    found = [one for process in _ours(folder) for one in process.net_connections("tcp")]
    return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}
