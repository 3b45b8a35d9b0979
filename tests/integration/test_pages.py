"""The how-to pages, run as a reader would: each command in order."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from brokers import Stack
from cli import ENVIRON, PENSTOCK, ROOT
from kafka import KafkaProducer
from queues import needs_rabbitmq
from topics import needs_mosquitto

from penstock.scripts.stack.database import Database
from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.mosquitto import Mosquitto
from penstock.scripts.stack.postgres import Postgres
from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.rabbitmq import RabbitMq

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs"
PATH = f"{PENSTOCK.parent}{os.pathsep}{ENVIRON['PATH']}"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def _blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _shell(script: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**ENVIRON, "PATH": PATH, **environ},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_every_command_of_the_session_page_works(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    lines = [line for block in _blocks("deploy/session.md", "sh") for line in block.splitlines()]
    assert len(lines) > 12
    script = "\n".join(lines).replace("penstock topics tail", "sleep 6\npenstock topics tail")
    try:
        done = _shell(script, tmp_path)
    finally:
        subprocess.run([PENSTOCK, "stack", "down"], cwd=tmp_path, env=ENVIRON, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '{"id":1,"name":"ADA"}\n{"id":3,"name":"ALAN"}\n{"id":7,"name":"ADELE"}\n' in done.stdout
    assert "uppercase-filter-kafka: RUNNING, healthy" in done.stdout
    assert not list(tmp_path.rglob("*.pid"))


@pytest.mark.parametrize(("page", "kind"), [("postgres.md", Postgres), ("mysql.md", MariaDb)])
def test_the_page_of_a_database_writes_each_sum_once(page: str, kind: type[Database], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    [script] = _blocks(page, "sh")
    database = kind(tmp_path / ".penstock/stack")
    try:
        done = _shell(script.replace("penstock stack down", ""), tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = database.query("SELECT * FROM sums ORDER BY 1, 2")
        _shell("penstock stack down", tmp_path)
        assert not database.service.alive
    finally:
        database.stop()
        database.remove()
    assert rows[0][0] == "ada"
    assert f"out {len(rows)}," in done.stderr


@needs_rabbitmq
def test_the_page_of_rabbitmq_reads_each_name_that_it_published(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    [script] = _blocks("rabbitmq.md", "sh")
    broker = RabbitMq(tmp_path / ".penstock/stack")
    try:
        done = _shell(script, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not broker.service.alive
    finally:
        broker.stop()
        broker.remove()
    assert sorted(re.findall(r'"name":"(\w+)"', done.stdout)) == ["ada", "adele", "alan"]


@needs_mosquitto
def test_the_page_of_mqtt_writes_each_minute_of_a_sensor(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    [script], [program] = _blocks("mqtt.md", "sh"), _blocks("mqtt.md", "python")
    (tmp_path / "sensors.py").write_text(program)
    broker, database = Mosquitto(tmp_path / ".penstock/stack"), Postgres(tmp_path / ".penstock/stack")
    try:
        done = _shell(script.replace("penstock stack down", ""), tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = database.query("SELECT sensor, mean, highest FROM temperatures ORDER BY 1, window_start")
        _shell("penstock stack down", tmp_path)
        assert not broker.service.alive and not database.service.alive
    finally:
        for server in (broker, database):
            server.stop()
            server.remove()
    expected = "hall 21 21.5, hall 22 22, roof -3.5 -3, roof -2.5 -2.5"
    assert ", ".join(" ".join(map(str, row)) for row in rows) == expected


def test_the_page_of_parquet_writes_orders_that_arrow_reads(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    [script] = _blocks("parquet.md", "sh")
    done = _shell(script, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rows in 7, out 7," in done.stderr
    assert done.stdout.count("2026-01-01") == 14  # in the columns at and day


def test_the_page_of_http_sends_each_name_once(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    (program,) = _blocks("http.md", "python")
    [script] = _blocks("http.md", "sh")
    port = str(free_port())
    (tmp_path / "receiver.py").write_text(program.replace("8000", port))
    script = script.replace("python receiver.py &", f"{sys.executable} receiver.py >got &\nsleep 1")
    done = _shell(script, tmp_path, ENDPOINT=f"http://127.0.0.1:{port}/names")
    assert done.returncode == 0, done.stdout + done.stderr
    names = re.findall(r'"name":"(\w+)"', (tmp_path / "got").read_text())
    assert sorted(names) == ["ADA", "ADELE", "ALAN"]


def _order(user: str, minutes: float) -> bytes:
    timestamp = START + timedelta(minutes=minutes)
    return json.dumps({"user": user, "amount": 2.5, "at": f"{timestamp:%Y-%m-%dT%H:%M:%SZ}"}).encode()


def test_the_pages_of_dead_letters_and_of_exactly_once(stack: Stack, topic: Callable[..., str]) -> None:
    """With one record that is cut off, one without a user, and one that is late."""
    for name in ("orders", "sums", "orders.dead"):
        topic(name)
    [orders] = _blocks("dead_letters.md", "yaml")
    (stack.folder / "orders.yaml").write_text(orders)
    (stack.folder / "backfill.yaml").write_text(orders.replace("out_of_order: 5 s", "out_of_order: 3 d"))
    stack.json("submit", stack.folder / "orders.yaml")
    with closing(KafkaProducer(bootstrap_servers=stack.kafka)) as producer:
        for minutes in range(10):
            producer.send("orders", _order("ada", minutes))
        producer.send("orders", _order("alan", 5)[:-9])
        producer.send("orders", _order("alan", 5).replace(b'"user"', b'"who"'))
        producer.flush()
        stack.until(lambda: stack.json("status", "orders")["rows"]["dead"] == 2)
        producer.send("orders", _order("late", 1)).get(timeout=30)
    stack.until(lambda: stack.json("status", "orders")["rows"]["late"] == 1)
    [checks, leftovers, *trials] = _blocks("exactly_once.md", "sh")
    assert trials
    assert all(trial.startswith("scripts/faults ") for trial in trials)  # tests/faults runs these, with fewer strikes
    looked = _shell(checks, stack.folder, **stack.environ)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert re.search(r"topic orders\.dead +1 partition, 1 replica", looked.stdout)
    stack.json("stop", "orders")
    [dead_letters] = _blocks("dead_letters.md", "sh")
    done = _shell(dead_letters + leftovers, stack.folder, **stack.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"reason": "decode"' in done.stdout
    assert "no open transactions" in done.stdout
    sent = json.loads(stack.penstock("dlq", "stats", "orders.yaml", "--output", "json").stdout)
    assert {one["reason"]: one["replayed"] for one in sent} == {"decode": 1, "null_value": 0, "late": 1}
    assert _order("alan", 5)[:-9].decode() in stack.penstock("topics", "tail", "orders").stdout.splitlines()[-1]
