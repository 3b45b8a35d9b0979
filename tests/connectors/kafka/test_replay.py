"""The record and the mark that a replay sends. `tests/scripts/dead_letters/test_replay.py` kills replays of a real Kafka."""

from __future__ import annotations

import getpass
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from penstock.connectors.dead_letter.schema import DEAD_LETTER, DeadLetter
from penstock.connectors.kafka.replay import KafkaReplayer


class Sent:
    """Records what a producer receives."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []

    def send(self, topic: str, **record: Any) -> None:
        self.records.append((topic, record))


DEAD = DeadLetter.of(
    "t.dlq/0/7",
    {
        **dict.fromkeys(DEAD_LETTER.types),
        "reason": "decode",
        "source": "t",
        "partition": 2,
        "key": "aw==",
        "raw": "eA==",
        "headers": '{"trace": "MQ==", "penstock-replay": "b2xk"}',
        "job": "orders",
    },
)


@pytest.mark.parametrize(("to", "topic", "partition"), [(None, "t", 2), ("fixed", "fixed", None), ("t", "t", None)])
def test_a_record_is_sent_unchanged_to_its_own_partition_or_to_another_topic(
    to: str | None, topic: str, partition: int | None
) -> None:
    replayer, producer = KafkaReplayer("b:1", "t.dlq.replayed", to), Sent()
    replayer._send(producer, DEAD, [DEAD.place])
    assert replayer.to(DEAD) == topic
    assert producer.records[0] == (
        topic,
        {
            "key": b"k",
            "value": b"x",
            "headers": [("trace", b"1"), ("penstock-replay", b"t.dlq/0/7")],
            "partition": partition,
        },
    )


def test_the_mark_of_a_record_says_when_by_whom_and_where_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "me")
    producer = Sent()
    KafkaReplayer("b:1", "t.dlq.replayed", "fixed")._send(producer, DEAD, [DEAD.place, "t.dlq/0/9"])
    [_, (topic, mark), (also, other)] = producer.records
    assert (also, other["key"], other["value"]) == (topic, b"t.dlq/0/9", mark["value"])
    value = json.loads(mark.pop("value"))
    at = datetime.fromisoformat(value.pop("at"))
    assert (topic, mark) == ("t.dlq.replayed", {"key": b"t.dlq/0/7", "partition": 0})
    assert value == {"by": "me", "to": "fixed", "job": "orders"}
    assert timedelta(0) <= datetime.now(timezone.utc) - at < timedelta(minutes=1)
