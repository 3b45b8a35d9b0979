"""`python -m benchmarks.queues`: rows a second into a queue of RabbitMQ and out of it, beside loops of pika over the same rows.

Into the queue, each candidate publishes the first part of a file, and then more of it; what the additional rows take is what is compared,
so that the start of Flink is not part of it. Out of the queue, each candidate reads for the same time from its first row on. All is one
run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.databases import COLUMNS, write_rows
from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.rabbitmq import RabbitMq
from penstock.scripts.stack.server import USER

_FIRST, _MORE, _SECONDS = 50_000, 400_000, 10
_FEWER = 20
"""The loop that waits for each confirm gets this part of the rows."""

_LOGIN = """
import itertools, json, sys, time, pika
port, user, password, queue = sys.argv[1:5]
login = pika.PlainCredentials(user, password)
connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(port), credentials=login))
channel = connection.channel()
channel.queue_declare(queue, durable=True)
"""
_PUBLISH = (
    _LOGIN
    + """
channel.confirm_delivery()
with open(sys.argv[5]) as lines:
    for line in itertools.islice(lines, int(sys.argv[6])):
        row = json.loads(line)
        row["name"] = row["name"].strip()
        properties = pika.BasicProperties(delivery_mode=2, content_type="application/json")
        channel.basic_publish("", queue, json.dumps(row).encode(), properties)
connection.close()
"""
)
_CONSUME = (
    _LOGIN
    + """
channel.basic_qos(prefetch_count=10_000)
count, began, ended = 0, None, None
for method, _, body in channel.consume(queue, inactivity_timeout=1):
    if method is None:  # the queue is empty
        break
    began = began or time.monotonic()
    row = json.loads(body)
    row["name"] = row["name"].strip()
    count += 1
    if count % 1000 == 0:
        channel.basic_ack(method.delivery_tag, multiple=True)
        ended = time.monotonic()
        if ended - began > float(sys.argv[5]):
            break
print(count // 1000 * 1000 / (ended - began))
"""
)


def main() -> None:
    """Measure each candidate."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        folder = Path(scratch)
        broker = RabbitMq(folder)
        broker.start(free_port())
        try:
            _measure(broker, folder)
        finally:
            broker.stop()
            broker.remove()


def _measure(broker: RabbitMq, folder: Path) -> None:
    rows = folder / "rows.jsonl"
    write_rows(rows, _FIRST + _MORE)
    loop = _speed(lambda count: _pika(broker, _PUBLISH, "loop", str(rows), str(count)), _FEWER)
    print(f"pika, a confirm for each message: {loop:,.0f} rows/s", flush=True)
    ours = _speed(lambda count: _publish(broker, folder, rows, count), 1)
    print(f"Penstock, a confirm for each message: {ours:,.0f} rows/s", flush=True)
    print(f"into the queue: {ours / loop:.1f} of pika")
    ours = _consume(broker, folder)
    print(f"Penstock, messages acknowledged at each checkpoint: {ours:,.0f} rows/s", flush=True)
    loop = float(_pika(broker, _CONSUME, "ours", str(_SECONDS)))
    print(f"pika, an acknowledgement for each 1,000 messages: {loop:,.0f} rows/s", flush=True)
    print(f"out of the queue: {ours / loop:.1f} of pika")


def _speed(publish: Callable[[int], Any], part: int) -> float:
    """Rows a second of the rows beyond the first ones."""
    seconds = []
    for count in (_FIRST // part, (_FIRST + _MORE) // part):
        began = time.monotonic()
        publish(count)
        seconds.append(time.monotonic() - began)
    return _MORE / part / (seconds[1] - seconds[0])


def _pika(broker: RabbitMq, loop: str, *arguments: str) -> str:
    login = [str(broker.service.port), USER, broker.password]
    done = subprocess.run(
        [sys.executable, "-c", loop, *login, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _publish(broker: RabbitMq, folder: Path, rows: Path, count: int) -> None:
    part = folder / f"{count}.jsonl"
    with rows.open("rb") as all_rows, part.open("wb") as some:
        some.writelines(next(all_rows) for _ in range(count))
    _run(broker, folder, {"files": {"path": str(part), "columns": COLUMNS}}, {"rabbitmq": _queue(broker)})


def _consume(broker: RabbitMq, folder: Path) -> float:
    source = {"rabbitmq": {**_queue(broker), "columns": COLUMNS}}
    told = _run(broker, folder, source, {"blackhole": {}}, "--timeout", f"{_SECONDS}")
    found = re.search(r"rows in ([\d,]+)", told)
    if not found:
        sys.exit(told)
    return int(found[1].replace(",", "")) / _SECONDS


def _queue(broker: RabbitMq) -> dict[str, Any]:
    password = f"${{env:{broker.password_variable}}}"
    return {"url": broker.address, "user": USER, "password": password, "queue": "ours", "create": True}


def _run(broker: RabbitMq, folder: Path, source: dict[str, Any], sink: dict[str, Any], *more: str) -> str:
    job = {
        "name": "bench", "source": source, "job": {"map": {"function": "trim", "of": "name", "to": "name"}}, "sink": sink,
        "flink": {"checkpoint": "1 s"},
    }  # fmt: skip
    file = folder / "job.yaml"
    file.write_text(json.dumps(job))
    command = [str(Path(sys.executable).with_name("penstock")), "run", str(file), *more]
    environ = {**os.environ, broker.password_variable: broker.password}
    return subprocess.run(command, check=True, env=environ, stderr=subprocess.PIPE, text=True).stderr


if __name__ == "__main__":
    main()
