"""Send the records of dead letters back to Kafka topics, each once: a record and its marks are written in one Kafka transaction.

Marks are records of the compacted topic `<dead letter topic>.replayed` (for dead letters in files: `<source topic>.replayed`). The key of a
mark is the dead letter's place, its value says when, by whom and to which topic it was sent. An interrupted replay leaves neither records
nor marks of its last transaction. Of two replays at the same time, the later one fences off the earlier one: they share a transactional id.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from penstock.connectors.config.problems import RunError
from penstock.connectors.dead_letter.replayer import REPLAYED, Replayed, Replayer
from penstock.connectors.dead_letter.schema import DeadLetter
from penstock.connectors.kafka.client import arguments
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.read import batches
from penstock.connectors.kafka.security import Security

_BATCH = 500


@dataclass(frozen=True)
class KafkaReplayer(Replayer):
    """Sends records to topics of one Kafka cluster."""

    bootstrap: str
    """The brokers, as `host:port` with commas between."""

    marks: str
    """The topic of the marks. Created by `send` if it does not exist."""

    topic: str | None = None
    """The destination. None: the topic and partition that each record came from."""

    security: Security | None = None
    """How to log in to the brokers, and TLS."""

    def to(self, dead_letter: DeadLetter) -> str:
        return self.topic or str(dead_letter.columns["source"])

    def marked(self) -> set[str]:
        with closing(admin("dlq", self.bootstrap, self.security)) as client:
            if self.marks not in client.list_topics():
                return set()
        found = batches(self.bootstrap, self.marks, security=self.security)
        return {record.key.decode() for records in found for record in records}

    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """Send the records in transactions of up to 500. Raises RunError; the records of the last transaction are then not sent."""
        from kafka import KafkaProducer
        from kafka.errors import KafkaError

        self._create_topics()
        done = Replayed()
        try:
            with closing(
                KafkaProducer(
                    bootstrap_servers=self.bootstrap.split(","),
                    transactional_id=f"penstock-dlq-{self.marks}",
                    acks="all",
                    **arguments(self.security),
                )
            ) as producer:
                # Aborts the open transaction of an earlier replay, so the marks must be read after this.
                producer.init_transactions()
                unsent = islice(self.unsent(dead_letters, done), limit)
                while batch := list(islice(unsent, _BATCH)):
                    producer.begin_transaction()
                    for dead_letter, places in batch:
                        self._send(producer, dead_letter, places)
                        done.sent[self.to(dead_letter)] += 1
                    producer.commit_transaction()
        except KafkaError as problem:
            raise RunError(
                f"dlq: the replay failed: {type(problem).__name__}: {problem}",
                do="run it again: records that were sent are not sent twice, and the incomplete transaction is aborted",
            ) from None
        return done

    def _send(self, producer: Any, dead_letter: DeadLetter, places: Iterable[str]) -> None:
        """Send the record of a dead letter, and the marks of the dead letters at these places."""
        topic = self.to(dead_letter)
        headers = [pair for pair in dead_letter.headers if pair[0] != REPLAYED]
        own_partition = dead_letter.columns["partition"] if self.topic is None else None
        producer.send(
            topic,
            key=dead_letter.key,
            value=dead_letter.raw,
            headers=[*headers, (REPLAYED, dead_letter.place.encode())],
            partition=own_partition,
        )
        mark = {
            "at": datetime.now(timezone.utc).isoformat(),
            "by": getpass.getuser(),
            "to": topic,
            "job": dead_letter.columns["job"],
        }
        for place in places:
            producer.send(self.marks, key=place.encode(), value=json.dumps(mark).encode(), partition=0)

    def _create_topics(self) -> None:
        """Create the missing topics with the broker's default replication factor (-1). The topic of the marks is compacted."""
        with closing(admin("dlq", self.bootstrap, self.security)) as client:
            existing = set(client.list_topics())
            missing: dict[str, Any] = {}
            if self.marks not in existing:
                missing[self.marks] = {
                    "num_partitions": 1,
                    "replication_factor": -1,
                    "configs": {"cleanup.policy": "compact"},
                }
            if self.topic and self.topic not in existing:
                missing[self.topic] = {"num_partitions": 1, "replication_factor": -1}
            if missing:
                client.create_topics(missing)
