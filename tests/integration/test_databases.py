"""Jobs that write into real databases while servers and TaskManagers are killed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
import yaml
from brokers import Stack
from databases import write_job
from kafka import KafkaProducer
from local_servers import running

from penstock.scripts.stack.database import Database
from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.postgres import Postgres

DATABASES: dict[str, type[Database]] = {"mysql": MariaDb, "postgres": Postgres}
UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}


@pytest.mark.slow
@pytest.mark.parametrize("sink", DATABASES)
def test_nothing_is_lost_or_twice_when_the_server_and_a_taskmanager_are_killed(
    stack: Stack, topic: Callable[..., str], sink: str
) -> None:
    with running(DATABASES[sink]) as database:
        _survive(stack, topic, sink, database)


def _survive(stack: Stack, topic: Callable[..., str], sink: str, database: Database) -> None:
    job_name, sent = f"killed-{sink}", 20_000
    records = [(n % 2, None, json.dumps({"id": n, "name": f"n{n}"}).encode()) for n in range(sent)]
    name = topic(f"to-{sink}", [], partitions=2)
    columns = {"id": "bigint", "name": "string"}
    source = {
        "kafka": {"bootstrap": stack.kafka, "topic": name, "group": job_name, "columns": columns, "start": "earliest"}
    }
    database.query("CREATE TABLE killed (id bigint PRIMARY KEY, name text NOT NULL CHECK (name <> 'N13'))")
    file = write_job(
        sink,
        database,
        stack.folder,
        source,
        UPPER,
        "killed",
        key="id",
        on_error="dead_letter",
        batch={"rows": 100, "interval": "100 ms"},
    )
    job = yaml.safe_load(file.read_text())
    job["name"] = job_name
    job["flink"] = {"checkpoint": "1 s"}
    (stack.folder / "password").write_text(database.password)  # the environment of the TaskManagers does not have it
    job["sink"][sink]["password"] = f"${{directory:{stack.folder}:password}}"
    job["dead_letters"] = {
        "kafka": {"bootstrap": stack.kafka, "topic": topic(f"to-{sink}-dead"), "guarantee": "exactly_once"}
    }
    file.write_text(yaml.safe_dump(job, sort_keys=False))
    stack.json("submit", file)

    answers_again = threading.Event()

    def feed() -> None:
        producer = KafkaProducer(bootstrap_servers=stack.kafka)
        for n, (partition, _, value) in enumerate(records):
            if n == sent // 2:  # so that rows are written while the TaskManager is killed
                answers_again.wait()
            producer.send(name, partition=partition, value=value)
            if n % 1000 == 999:
                producer.flush()
                time.sleep(0.5)
        producer.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        stack.until(lambda: int(str(database.query("SELECT count(*) FROM killed")[0][0])) > 500)
        database.kill()
        waits = "sink_1 waits for its system to answer"
        stack.until(lambda: waits in stack.penstock("status", job_name).stdout)
        database.start()
        stack.until(lambda: waits not in stack.penstock("status", job_name).stdout)
        answers_again.set()
        stack.cluster.kill("taskmanager-1")
        time.sleep(1)
        stack.cluster.launch("taskmanager-1")
    finally:
        answers_again.set()
        feeder.join()
    stack.until(lambda: database.query("SELECT count(*) FROM killed") == [[str(sent - 1)]], 120)
    expected = [[str(n), f"N{n}"] for n in range(sent) if n != 13]
    assert database.query("SELECT id, name FROM killed ORDER BY id") == expected
    stack.until(lambda: stack.json_any("status", job_name)["rows"]["out"] == sent - 1)
    rows = stack.json_any("status", job_name)["rows"]
    assert (rows["in"], rows["dead"]) == (sent, 1), rows
    with closing(KafkaProducer(bootstrap_servers=stack.kafka)) as producer:
        producer.send(name, value=json.dumps({"id": sent, "name": "n13"}).encode())
    stack.until(lambda: stack.json_any("status", job_name)["rows"]["dead"] == 2)
    time.sleep(1.5)  # a sink that waits is named after a second; one whose server rejected the last row does not wait
    assert "waits" not in stack.penstock("status", job_name).stdout
    stack.json("stop", job_name)
