"""Jobs that read from and write into a real RabbitMQ broker."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import self_signed
from cli import PENSTOCK, penstock
from databases import NO_CHECKPOINTS, dead_letters, values
from queues import broker, channel, drain, needs_rabbitmq, publish, waiting

from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.rabbitmq import RabbitMq

pytestmark = needs_rabbitmq
COLUMNS = {"id": "int", "name": "string"}
UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}


@pytest.fixture(scope="module")
def rabbit() -> Iterator[RabbitMq]:
    with broker() as server:
        yield server


def _job(folder: Path, rabbit: RabbitMq, source: dict[str, Any], sink: dict[str, Any], **more: Any) -> Path:
    for one in (source, sink):
        if "rabbitmq" in one:
            login = {"url": rabbit.address, "user": "penstock", "password": f"${{directory:{rabbit.folder}:password}}"}
            one["rabbitmq"] = {**login, **one["rabbitmq"]}
    whole = {
        "name": "queues", "source": source, "job": UPPER, "sink": sink, "dead_letters": {"files": {"path": "dead"}}, **more,
    }  # fmt: skip
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False))
    return file


def _body(n: int) -> bytes:
    return json.dumps({"id": n, "name": f"n{n}"}).encode()


def test_each_message_is_a_row_with_its_metadata_or_a_dead_letter_and_is_acknowledged(
    rabbit: RabbitMq, tmp_path: Path
) -> None:
    at = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    properties = {
        "message_id": "m1", "correlation_id": "c1", "type": "order", "timestamp": int(at.timestamp()), "headers": {"trace": "t1", "n": 7},
    }  # fmt: skip
    publish(rabbit, "rows", [(_body(1), properties), (b"oops", {"headers": {"trace": "t2"}}), (_body(2), {})])
    parts = ("queue", "exchange", "routing_key", "redelivered", "message_id", "correlation_id", "type", "timestamp")
    keys = {
        "queue": "rows", "columns": COLUMNS, "on_error": "dead_letter",
        "envelope": {**{part: part for part in parts}, "headers": "headers"},
    }  # fmt: skip
    job = _job(tmp_path, rabbit, {"rabbitmq": keys}, {"console": {}}, flink={"checkpoint": "200 ms"})
    done = penstock("run", job, "--limit", "2")
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == {
        "id": 1, "name": "N1", "queue": "rows", "exchange": "", "routing_key": "rows", "redelivered": False,
        "message_id": "m1", "correlation_id": "c1", "type": "order", "timestamp": "2026-01-31T12:00:00Z",
        "headers": {"n": "Nw==", "trace": "dDE="},
    }  # fmt: skip
    assert second == {**dict.fromkeys(first), **{k: first[k] for k in parts[:4]}, "id": 2, "name": "N2", "headers": {}}
    [dead] = dead_letters(tmp_path)
    assert (dead["reason"], dead["source"], dead["raw"], dead["key"]) == ("decode", "rows", "b29wcw==", "cm93cw==")
    assert json.loads(dead["headers"]) == {"trace": "dDI="}
    time.sleep(1)  # the client of the job is gone: messages that were not acknowledged would be back in the queue
    assert waiting(rabbit, "rows") == 0


def test_the_rows_of_a_sink_are_persistent_messages_with_the_same_id_when_they_are_published_again(
    rabbit: RabbitMq, tmp_path: Path
) -> None:
    rows = values(COLUMNS, *([n, f"n{n}"] for n in range(250)))
    job = _job(tmp_path, rabbit, rows, {"rabbitmq": {"queue": "made", "create": True, "message_id": "id"}})
    for _ in range(2):
        done = penstock("run", job)
        assert done.returncode == 0, done.stderr
        assert "out 250," in done.stderr
    found = drain(rabbit, "made")
    assert sorted(json.loads(one.body)["id"] for one in found) == sorted([*range(250), *range(250)])
    assert len({one.id for one in found}) == len({(one.id, one.body) for one in found}) == 250
    assert all(one.persistent for one in found)


def test_an_exchange_routes_each_row_and_a_row_that_no_queue_gets_is_a_dead_letter(
    rabbit: RabbitMq, tmp_path: Path
) -> None:
    with channel(rabbit) as opened:
        opened.exchange_declare("orders", "topic")
        for kind in ("de", "fr"):
            opened.queue_declare(kind)
            opened.queue_bind(kind, "orders", f"*.{kind}")
    rows = values(
        {**COLUMNS, "kind": "string"},
        [1, "a", "new.de"],
        [2, "b", "new.it"],
        [3, "c", "new.fr"],
        [4, "d", None],
        [5, "e", "old.de"],
        [5, "e", "old.it"],
        [6, "f", "x" * 256],
    )
    keys = {"exchange": "orders", "routing_key": {"column": "kind"}, "on_error": "dead_letter"}
    done = penstock("run", _job(tmp_path, rabbit, rows, {"rabbitmq": keys}))
    assert done.returncode == 0, done.stderr
    assert "out 3, filtered 0, dead letters 4" in done.stderr
    assert [json.loads(one.body)["id"] for one in drain(rabbit, "de")] == [1, 5]
    assert [json.loads(one.body)["id"] for one in drain(rabbit, "fr")] == [3]
    errors = {json.loads(one["row"])["kind"]: one["error"] for one in dead_letters(tmp_path)}
    assert errors == {
        "new.it": "NO_ROUTE: no queue gets messages of the exchange orders with the routing key new.it",
        "old.it": "NO_ROUTE: no queue gets messages of the exchange orders with the routing key old.it",
        None: "the column of the routing key is NULL",
        "x" * 256: "the routing key has more than 255 bytes",
    }


def test_rows_wait_while_a_queue_is_full_and_only_those_are_published_again(rabbit: RabbitMq, tmp_path: Path) -> None:
    with channel(rabbit) as opened:
        full = {"x-max-length": 100, "x-overflow": "reject-publish"}
        opened.queue_declare("full", durable=True, arguments=full)
    rows = values(COLUMNS, *([n, f"n{n}"] for n in range(250)))
    keys = {"queue": "full", "batch": {"rows": 1000, "interval": "5 min"}}
    job = _job(tmp_path, rabbit, rows, {"rabbitmq": keys}, flink=NO_CHECKPOINTS)
    running = subprocess.Popen([PENSTOCK, "run", job], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found: list[int] = []
    until = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < until:
        found += [json.loads(one.body)["id"] for one in drain(rabbit, "full")]
        time.sleep(0.1)
    told = running.communicate()[1]
    assert running.returncode == 0, told
    assert "out 250," in told
    found += [json.loads(one.body)["id"] for one in drain(rabbit, "full")]
    assert sorted(found) == list(range(250))


@pytest.mark.slow
def test_a_row_that_is_too_large_is_a_dead_letter(tmp_path: Path) -> None:
    with broker("max_message_size = 1000") as server:
        names = ["x" * 2000 if n == 70 else f"n{n}" for n in range(100)]
        rows = values(COLUMNS, *([n, name] for n, name in enumerate(names)))
        keys = {"queue": "small", "create": True, "on_error": "dead_letter"}
        done = penstock("run", _job(tmp_path, server, rows, {"rabbitmq": keys}, flink=NO_CHECKPOINTS))
        assert done.returncode == 0, done.stderr
        assert {json.loads(one.body)["id"] for one in drain(server, "small")} == set(range(100)) - {70}
    [dead] = dead_letters(tmp_path)
    assert "message size" in dead["error"] and json.loads(dead["row"])["id"] == 70


@pytest.mark.slow
def test_a_job_whose_broker_blocks_publishers_can_be_stopped(tmp_path: Path) -> None:
    with broker("vm_memory_high_watermark.absolute = 1MB") as server:
        lines = [json.dumps({"id": n, "name": "x" * 10_000}) for n in range(2000)]  # more than fits into a connection
        (tmp_path / "rows.jsonl").write_text("\n".join(lines))
        rows = {"files": {"path": "rows.jsonl", "columns": COLUMNS}}
        sink = {"rabbitmq": {"queue": "blocked", "create": True}}
        job = _job(tmp_path, server, rows, sink, flink=NO_CHECKPOINTS)
        running = subprocess.Popen([PENSTOCK, "run", job], stderr=subprocess.PIPE, text=True)
        time.sleep(12)
        assert running.poll() is None
        for _ in range(2):
            running.send_signal(signal.SIGINT)
            time.sleep(1)
        told = running.communicate(timeout=30)[1]
        assert running.returncode == 130, told
        assert drain(server, "blocked") == []


@pytest.mark.parametrize("side", ["source", "sink"])
def test_what_is_wrong_at_the_broker_is_an_error_before_the_start(side: str, rabbit: RabbitMq, tmp_path: Path) -> None:
    def error(**keys: Any) -> str:
        source: dict[str, Any] = values(COLUMNS, [1, "a"])
        sink: dict[str, Any] = {"console": {}}
        if side == "source":
            source = {"rabbitmq": {"queue": "absent", "columns": COLUMNS, **keys}}
        else:
            sink = {"rabbitmq": {**({} if "exchange" in keys else {"queue": "absent"}), **keys}}
        done = penstock("run", _job(tmp_path, rabbit, source, sink))
        assert done.returncode == 1 and "rows in" not in done.stderr
        return done.stderr

    begin = time.monotonic()
    assert f"{side} rabbitmq: queue absent: NOT_FOUND - no queue 'absent' in vhost '/'" in error()
    assert "set create: true" in error()
    if side == "sink":
        assert "exchange nowhere: NOT_FOUND - no exchange 'nowhere' in vhost '/'" in error(exchange="nowhere")
    (tmp_path / "wrong").write_text("guessed")
    assert "cannot be used: ACCESS_REFUSED" in error(password=f"${{directory:{tmp_path}:wrong}}")
    assert "vhost other not found" in error(url=f"{rabbit.address}/other")
    assert "cannot be used: Connection refused" in error(url=f"amqp://127.0.0.1:{free_port()}")
    assert time.monotonic() - begin < 90


@pytest.mark.slow
def test_with_tls_the_certificate_of_the_broker_is_verified(tmp_path: Path) -> None:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:  # another user than this one may run the broker
        certificate, key = self_signed(Path(folder), "IP:127.0.0.1")
        for path, mode in ((Path(folder), 0o755), (key, 0o644)):
            path.chmod(mode)
        files = [f"ssl_options.{name} = {file}" for name, file in
                 (("cacertfile", certificate), ("certfile", certificate), ("keyfile", key))]  # fmt: skip
        with broker(f"listeners.ssl.1 = 127.0.0.1:{port}", *files) as server:
            rows = values(COLUMNS, [1, "a"])
            secured = {"url": f"amqps://127.0.0.1:{port}", "queue": "tls", "create": True}
            trusted = penstock(
                "run", _job(tmp_path, server, rows, {"rabbitmq": {**secured, "tls": {"ca": str(certificate)}}})
            )
            untrusted = penstock("run", _job(tmp_path, server, rows, {"rabbitmq": secured}))
            assert trusted.returncode == 0, trusted.stderr
            assert untrusted.returncode == 1 and "PKIX path building failed" in untrusted.stderr
            assert [one.body for one in drain(server, "tls")] == [b'{"id":1,"name":"A"}']
