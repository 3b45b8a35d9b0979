"""Send dead letters back to topics, each once: what was sent is marked in the same Kafka transaction.

The marks are a compacted topic beside that of the dead letters, `<topic>.replayed` (for dead letters in files: `<source topic>.replayed`).
A mark holds a dead letter's place, its job, and when and where it was sent. A replay that is interrupted leaves neither a record nor a mark
of its last transaction. Two replays at the same time fence each other off, because they share one transactional id.
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

from penstock.connectors.base.problems import RunError
from penstock.connectors.dead_letter.schema import DeadLetter
from penstock.connectors.dead_letter.way_back import Replayed, WayBack
from penstock.connectors.kafka.client import arguments
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.read import batches
from penstock.connectors.kafka.security import Security

_BATCH = 500
_HEADER = "penstock-replay"


@dataclass(frozen=True)
class TopicsBack(WayBack):
    """Letters go to `topic` on `bootstrap` (None: each to the topic that it came from) and are marked in the topic `marks`."""

    bootstrap: str
    marks: str
    topic: str | None = None
    security: Security | None = None

    def to(self, dead_letter: DeadLetter) -> str:
        return self.topic or str(dead_letter.columns["source"])

    def marked(self) -> set[str]:
        with closing(admin("dlq", self.bootstrap, self.security)) as client:
            if self.marks not in client.list_topics():
                return set()
        found = batches(self.bootstrap, self.marks, security=self.security)
        return {record.key.decode() for records in found for record in records}

    def send(self, dead_letters: Iterable[DeadLetter], limit: int | None) -> Replayed:
        """A transaction for each few hundred."""
        from kafka import KafkaProducer
        from kafka.errors import KafkaError

        self._make_topics()
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
                producer.init_transactions()  # ends what another replay has left open: its marks are read after this
                waiting = islice(self.fresh(dead_letters, done), limit)
                while batch := list(islice(waiting, _BATCH)):
                    producer.begin_transaction()
                    for dead_letter in batch:
                        self._send(producer, dead_letter)
                        done.sent[self.to(dead_letter)] += 1
                    producer.commit_transaction()
        except KafkaError as problem:
            raise RunError(
                f"dlq: the replay was broken off: {type(problem).__name__}: {problem}",
                do="run it again: what was sent is marked, what was not complete was taken back",
            ) from None
        return done

    def _send(self, producer: Any, dead_letter: DeadLetter) -> None:
        topic = self.to(dead_letter)
        headers = [pair for pair in dead_letter.headers if pair[0] != _HEADER]
        own_partition = dead_letter.columns["partition"] if self.topic is None else None
        producer.send(
            topic,
            key=dead_letter.key,
            value=dead_letter.raw,
            headers=[*headers, (_HEADER, dead_letter.place.encode())],
            partition=own_partition,
        )
        mark = {
            "at": datetime.now(timezone.utc).isoformat(),
            "by": getpass.getuser(),
            "to": topic,
            "job": dead_letter.columns["job"],
        }
        producer.send(self.marks, key=dead_letter.place.encode(), value=json.dumps(mark).encode(), partition=0)

    def _make_topics(self) -> None:
        """The marks' topic is compacted and has as many copies as the broker gives by default."""
        with closing(admin("dlq", self.bootstrap, self.security)) as client:
            there = set(client.list_topics())
            made: dict[str, Any] = {}
            if self.marks not in there:
                made[self.marks] = {
                    "num_partitions": 1,
                    "replication_factor": -1,
                    "configs": {"cleanup.policy": "compact"},
                }
            if self.topic and self.topic not in there:
                made[self.topic] = {"num_partitions": 1, "replication_factor": -1}
            if made:
                client.create_topics(made)
