"""Jobs that read from a real MQTT broker."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import self_signed
from cli import ENVIRON, PENSTOCK, penstock
from databases import dead_letters
from topics import Broker, broker, needs_mosquitto, publish, subscribe, waiting

from penstock.scripts.stack.processes import free_port

pytestmark = needs_mosquitto
COLUMNS = {"id": "int", "name": "string"}
OFTEN = {"checkpoint": "200 ms"}
SELDOM = {"checkpoint": "1 d", "options": {"execution.checkpointing.min-pause": "1 d"}}


@pytest.fixture(scope="module")
def mosquitto() -> Iterator[Broker]:
    with broker() as server:
        yield server


def _job(folder: Path, server: Broker, topic: str | list[str], client_id: str, flink: Any = OFTEN, **keys: Any) -> Path:
    login = {"url": server.address, "user": "penstock", "password": f"${{directory:{server.folder}:password}}"}
    whole = {
        "name": "topics",
        "source": {"mqtt": {**login, "topic": topic, "client_id": client_id, "columns": COLUMNS, **keys}},
        "job": {"map": {"function": "upper", "of": "name", "to": "name"}},
        "sink": {"console": {}},
        "dead_letters": {"files": {"path": "dead"}},
        "flink": flink,
    }
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False))
    return file


def _body(n: int) -> bytes:
    return json.dumps({"id": n, "name": f"n{n}"}).encode()


def _rows(job: Path, limit: int) -> list[dict[str, Any]]:
    done = penstock("run", job, "--limit", str(limit), "--timeout", "60")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_message_is_a_row_with_its_metadata_or_a_dead_letter_and_is_acknowledged(
    mosquitto: Broker, tmp_path: Path
) -> None:
    publish(mosquitto, [("rooms/a/heat", _body(0))], retain=True)
    subscribe(mosquitto, "rows", "rooms/+/heat")
    publish(mosquitto, [("rooms/b/heat", _body(1)), ("rooms//heat", b"oops"), ("rooms/b/cold", _body(9))])
    publish(mosquitto, [("rooms/c/heat", _body(2))], qos=2)
    parts = ("topic", "retained", "duplicate", "qos")
    keys = {"on_error": "dead_letter", "envelope": {part: part for part in parts}}
    rows = _rows(_job(tmp_path, mosquitto, "rooms/+/heat", "rows", **keys), 3)
    assert sorted((one["id"], one["name"], one["topic"], one["retained"], one["qos"]) for one in rows) == [
        (0, "N0", "rooms/a/heat", True, 1),
        (1, "N1", "rooms/b/heat", False, 1),
        (2, "N2", "rooms/c/heat", False, 1),
    ]
    [dead] = dead_letters(tmp_path)
    assert (dead["reason"], dead["source"], dead["raw"]) == ("decode", "rooms//heat", "b29wcw==")
    assert waiting(mosquitto, "rows") == []


def test_messages_that_are_published_while_no_job_runs_are_read_later_and_once(
    mosquitto: Broker, tmp_path: Path
) -> None:
    subscribe(mosquitto, "later", "later/#")
    job = _job(tmp_path, mosquitto, "later/#", "later")
    for begin, end in ((0, 10_000), (10_000, 10_100)):
        publish(mosquitto, [(f"later/{n % 7}", _body(n)) for n in range(begin, end)])
        assert [one["id"] for one in _rows(job, end - begin)] == list(range(begin, end))
    assert waiting(mosquitto, "later") == []


@pytest.mark.slow
def test_a_job_that_stands_still_for_longer_than_a_broker_keeps_quiet_clients_stays_connected(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """A connection that is opened again would read messages twice. The broker closes one after 30 s without a ping."""
    sent = 40_000
    subscribe(mosquitto, "still", "still")
    publish(mosquitto, [("still", json.dumps({"id": n, "name": "n" * 1_000}).encode()) for n in range(sent)])
    job = _job(tmp_path, mosquitto, "still", "still", {"checkpoint": "1 s"})
    command = [str(PENSTOCK), "run", str(job), "--limit", str(sent), "--timeout", "150"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRON) as running:
        assert running.stdout
        time.sleep(60)
        assert [json.loads(line)["id"] for line in running.stdout] == list(range(sent))
    assert waiting(mosquitto, "still") == []


def test_messages_of_topics_that_the_job_does_not_name_any_more_are_acknowledged_and_not_read(
    mosquitto: Broker, tmp_path: Path
) -> None:
    subscribe(mosquitto, "changed", "old/#", "new/a")
    publish(mosquitto, [("old/a", _body(1)), ("new/a", _body(2)), ("old/b", _body(3)), ("new/a", _body(4))])
    rows = _rows(_job(tmp_path, mosquitto, ["new/a", "newer"], "changed"), 2)
    assert [one["id"] for one in rows] == [2, 4]
    assert waiting(mosquitto, "changed") == []


@pytest.mark.slow
def test_a_broker_with_few_unacknowledged_messages_sends_more_after_a_checkpoint_or_at_once_if_they_are_acknowledged_when_read(
    tmp_path: Path,
) -> None:
    with broker(("max_inflight_messages", 20)) as server:
        for name in ("slow", "fast"):
            subscribe(server, name, name)
            publish(server, [(name, _body(n)) for n in range(100)])
        slow = penstock("run", _job(tmp_path, server, "slow", "slow", SELDOM), "--limit", "21", "--timeout", "8")
        assert len(slow.stdout.splitlines()) == 20
        assert (
            len(_rows(_job(tmp_path, server, "slow", "slow"), 80)) == 80
        )  # the first job was stopped with a savepoint
        rows = _rows(_job(tmp_path, server, "fast", "fast", SELDOM, acknowledge="read"), 100)
        assert [one["id"] for one in rows] == list(range(100))
        assert waiting(server, "slow") == waiting(server, "fast") == []


def test_what_is_wrong_at_the_broker_is_an_error_before_the_start(mosquitto: Broker, tmp_path: Path) -> None:
    def error(**keys: Any) -> str:
        begin = time.monotonic()
        done = penstock("run", _job(tmp_path, mosquitto, "any", "wrong", **keys))
        assert done.returncode == 1 and "rows in" not in done.stderr
        assert time.monotonic() - begin < 15
        return done.stderr

    (tmp_path / "wrong").write_text("guessed")
    told = error(password=f"${{directory:{tmp_path}:wrong}}")
    assert f"source mqtt: broker {mosquitto.address}: cannot be used: Not authorized to connect" in told
    assert "cannot be used: Connection refused" in error(url=f"mqtt://127.0.0.1:{free_port()}")
    assert "cannot be used: unknown host no-such-host.invalid" in error(url="mqtt://no-such-host.invalid")


def test_the_check_before_the_start_leaves_a_running_client_alone(mosquitto: Broker, tmp_path: Path) -> None:
    job = _job(tmp_path, mosquitto, "shared", "shared")
    done = penstock("doctor", "--job", job)
    assert "answers" in done.stdout and "at most 20 messages every 200 ms" in done.stdout, done.stdout + done.stderr
    assert waiting(mosquitto, "shared") == []


def test_with_tls_the_certificate_of_the_broker_is_verified(tmp_path: Path) -> None:
    with broker() as server:
        server.stop()
        certificate, key = self_signed(server.folder / "data", "IP:127.0.0.1")
        for file in (certificate, key):
            file.chmod(0o644)
        port = free_port()
        server.more = [("listener", f"{port} 127.0.0.1"), ("certfile", certificate), ("keyfile", key)]
        server.start()
        subscribe(server, "tls", "tls")
        publish(server, [("tls", _body(1))])
        secured = {"url": f"mqtts://127.0.0.1:{port}"}
        untrusted = penstock("run", _job(tmp_path, server, "tls", "tls", **secured))
        assert untrusted.returncode == 1 and "PKIX path building failed" in untrusted.stderr
        other = penstock(
            "run", _job(tmp_path, server, "tls", "tls", url=f"mqtts://localhost:{port}", tls={"ca": str(certificate)})
        )
        assert other.returncode == 1 and "localhost" in other.stderr
        assert len(_rows(_job(tmp_path, server, "tls", "tls", **secured, tls={"ca": str(certificate)}), 1)) == 1
