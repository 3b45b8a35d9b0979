"""Fixtures: a real Kafka broker and a real Flink cluster for the test run, in their own folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli import penstock
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from penstock.connectors.kafka.preflight import admin
from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.kafka import Broker
from penstock.scripts.stack.processes import free_port
from tests.faults.feed import ends


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a broker and return its address."""
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    yield broker.start(0)
    broker.stop()


@dataclass(frozen=True)
class Stack:
    """Kafka, Flink, and a folder for the files and the ledger of one test."""

    kafka: str
    flink: str
    folder: Path
    cluster: FlinkCluster

    def penstock(self, *arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the command in the test's folder, to its end."""
        return penstock(*arguments, cwd=self.folder, **self.environ, **environ)

    def json(self, *arguments: str | Path) -> Any:
        """Run the command, which must succeed, and return the JSON of `--output json`."""
        done = self.penstock(*arguments, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def json_any(self, *arguments: str | Path) -> Any:
        """Run the command, which may fail, and return the JSON of `--output json`."""
        return json.loads(self.penstock(*arguments, "--output", "json").stdout)

    @property
    def environ(self) -> dict[str, str]:
        """Environment variables that job and target files use for the addresses."""
        return {"KAFKA": self.kafka, "FLINK": self.flink}

    def live(self, name: str) -> list[str]:
        """The ids of the running jobs with a name."""
        return [job.id for job in Flink(self.flink).jobs() if job.name == name and job.live]

    def until(self, what: Callable[[], object], seconds: float = 60) -> None:
        """Wait until `what()` is true. Fails the test after `seconds`."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"the condition did not become true within {seconds:g} s"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def flink_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    """A session cluster of two TaskManagers with four slots each."""
    folder = tmp_path_factory.mktemp("flink")
    path = f"{sys.base_prefix}/bin:{os.environ['PATH']}"  # so that pythonX.Y is this interpreter and not a shim
    arguments = ("--only", "flink", "--rest-port", str(free_port()), "--slots", "4", "--folder", folder)
    up = penstock("stack", "up", *arguments, PATH=path)
    assert up.returncode == 0, up.stderr
    cluster = FlinkCluster(folder)
    yield cluster
    cluster.stop()


@pytest.fixture
def stack(kafka: str, flink_cluster: FlinkCluster, tmp_path: Path) -> Iterator[Stack]:
    """The stack of one test. Jobs that the test leaves running are cancelled."""
    address = str(flink_cluster.address)
    yield Stack(kafka, address, tmp_path, flink_cluster)
    flink = Flink(address)
    for job in flink.jobs():
        if job.live:
            flink.cancel(job.id)
            flink.await_end(job.id, 30)


@pytest.fixture
def topic(kafka: str) -> Callable[..., str]:
    """`topic(name, records, partitions)` creates a topic with records `(partition, key, value)` and returns its name.

    It keeps records of any age: with a retention time, the broker soon deletes those that a test writes with an old timestamp."""

    def create(name: str, records: list[tuple[int, bytes | None, bytes | None]] = (), partitions: int = 1) -> str:  # type: ignore[assignment]
        with closing(admin("test", kafka)) as client:
            settings = {"num_partitions": partitions, "replication_factor": 1, "configs": {"retention.ms": "-1"}}
            client.create_topics({name: settings})
        with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
            for partition, key, value in records:
                producer.send(name, partition=partition, key=key, value=value)
            producer.flush()
        return name

    return create


@pytest.fixture
def committed(kafka: str) -> Callable[..., list[Any]]:
    """`committed(name)` returns all committed records of a topic. Fails the test if it does not reach the end in about 20 s.

    `committed(name, open_transactions=True)` returns those that come before the first open transaction."""

    def read(name: str, *, open_transactions: bool = False) -> list[Any]:
        consumer = KafkaConsumer(
            bootstrap_servers=kafka, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        with closing(consumer):
            parts = [TopicPartition(name, p) for p in sorted(consumer.partitions_for_topic(name) or [])]
            consumer.assign(parts)
            consumer.seek_to_beginning(*parts)
            end = consumer.end_offsets(parts) if open_transactions else ends(kafka, parts)
            found: list[Any] = []
            for _ in range(100):
                for records in consumer.poll(timeout_ms=200).values():
                    found += records
                if all(consumer.position(part) >= end[part] for part in parts):
                    return found
        raise AssertionError(f"the topic {name} was not read to its end; a transaction may be open")

    return read
