"""Send dead letters back, each once: what was sent is marked in the same Kafka transaction.

The marks are a compacted topic beside the letters' own, `<topic>.replayed` (for letters in files: `<source topic>.replayed`): a letter's
place, its job, and when and where it was sent. A replay that is broken off leaves neither a record nor a mark of its last transaction; two
at once fence each other off, by their one transactional id.
"""

from __future__ import annotations

import getpass
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from connectors.base.problems import RunError
from connectors.kafka.client import arguments
from connectors.kafka.preflight import admin
from connectors.kafka.read import batches
from connectors.kafka.security import Security
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from jobs.pipeline import Pipeline
from scripts.dead_letters.letters import Letter

_BATCH = 500
_HEADER = "penstock-replay"


@dataclass(frozen=True)
class Plan:
    """Where letters go (`topic` on `bootstrap`; None: each to the topic that it came from) and where they are marked."""

    bootstrap: str
    marks: str
    topic: str | None = None
    security: Security | None = None

    def topic_of(self, letter: Letter) -> str:
        """The topic to which this letter goes."""
        return self.topic or str(letter.columns["source"])


@dataclass
class Replayed:
    """How many letters were sent, by topic; how many were sent before, and how many cannot be: they have no record."""

    sent: Counter[str] = field(default_factory=Counter)
    before: int = 0
    without_record: int = 0


def plan(pipeline: Pipeline, topic: str | None) -> Plan:
    """Where this job's letters go. Raises RunError where its source is no Kafka topic."""
    source = next(iter(pipeline.all_sources().values()))
    if not isinstance(source, KafkaSource):
        raise RunError(
            f"{pipeline.name}: its records came from {type(source).__name__}, where none can be sent back to",
            allowed="a kafka source",
            do="penstock dlq show --raw prints the records: put them where the source reads",
        )
    letters = pipeline.letters()
    kept = letters.topic if isinstance(letters, KafkaSink) else source.topic[0]
    return Plan(source.bootstrap, f"{kept}.replayed", topic, source.security)


def marked(where: Plan) -> set[str]:
    """The places of the letters that were sent already."""
    with closing(admin("dlq", where.bootstrap, where.security)) as client:
        if where.marks not in client.list_topics():
            return set()
    found = batches(where.bootstrap, where.marks, security=where.security)
    return {record.key.decode() for records in found for record in records}


def replay(letters: Iterable[Letter], where: Plan, limit: int | None) -> Replayed:
    """Send what was not sent yet, a transaction for each few hundred. Raises RunError."""
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    _make_topics(where)
    done = Replayed()
    try:
        with closing(
            KafkaProducer(
                bootstrap_servers=where.bootstrap.split(","),
                transactional_id=f"penstock-dlq-{where.marks}",
                acks="all",
                **arguments(where.security),
            )
        ) as producer:
            producer.init_transactions()  # ends what another replay has left open: its marks are read after this
            waiting = islice(fresh(letters, marked(where), done), limit)
            while batch := list(islice(waiting, _BATCH)):
                producer.begin_transaction()
                for letter in batch:
                    _send(producer, letter, where)
                    done.sent[where.topic_of(letter)] += 1
                producer.commit_transaction()
    except KafkaError as problem:
        raise RunError(
            f"dlq: the replay was broken off: {type(problem).__name__}: {problem}",
            do="run it again: what was sent is marked, what was not complete was taken back",
        ) from None
    return done


def fresh(letters: Iterable[Letter], sent: set[str], done: Replayed) -> Iterator[Letter]:
    """The letters that can be sent and were not; the others are counted."""
    for letter in letters:
        if letter.place in sent:
            done.before += 1
        elif not letter.can_be_sent:
            done.without_record += 1
        else:
            yield letter


def _send(producer: Any, letter: Letter, where: Plan) -> None:
    topic = where.topic_of(letter)
    headers = [pair for pair in letter.headers if pair[0] != _HEADER]
    own_partition = letter.columns["partition"] if where.topic is None else None
    producer.send(
        topic,
        key=letter.key,
        value=letter.raw,
        headers=[*headers, (_HEADER, letter.place.encode())],
        partition=own_partition,
    )
    mark = {
        "at": datetime.now(timezone.utc).isoformat(),
        "by": getpass.getuser(),
        "to": topic,
        "job": letter.columns["job"],
    }
    producer.send(where.marks, key=letter.place.encode(), value=json.dumps(mark).encode(), partition=0)


def _make_topics(where: Plan) -> None:
    """The marks' topic is compacted and has as many copies as the broker gives by default."""
    with closing(admin("dlq", where.bootstrap, where.security)) as client:
        there = set(client.list_topics())
        made: dict[str, Any] = {}
        if where.marks not in there:
            made[where.marks] = {
                "num_partitions": 1,
                "replication_factor": -1,
                "configs": {"cleanup.policy": "compact"},
            }
        if where.topic and where.topic not in there:
            made[where.topic] = {"num_partitions": 1, "replication_factor": -1}
        if made:
            client.create_topics(made)
