"""A loop of `confluent-kafka` and `orjson` for a scenario, as a process of its own: `python loop.py SCENARIO BROKER TOPIC OUT COLUMNS`.

It reads a topic to its end, and writes to another. It keeps no state and no offsets, and a failure loses or repeats records: what a user
writes without a framework. Prints the seconds and the processor seconds between the first record and the last flush.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

Row = dict[str, Any]


def keep(row: Row) -> Row | None:
    """The row with its country in upper case, or None if it does not pass."""
    row["country"] = row["country"].upper()
    return row if row["country"] == "DE" else None


def score(row: Row) -> Row | None:
    """The row with the prediction of the linear model."""
    row["prediction"] = 7.0 + row["amount"] * 0.5 + row["price"] * -1.25 + row["quantity"] * 3.0 + row["id"] * 0.001
    row["model_version"] = "1"
    return row


LOOPS: dict[str, Callable[[Row], Row | None]] = {"keep": keep, "score": score}


def main(name: str, broker: str, topic: str, out: str, columns: str) -> None:
    """Process the topic to its end."""
    step, wanted = LOOPS[name], columns.split(",")
    fast = {
        "fetch.queue.backoff.ms": 5,
        "queued.max.messages.kbytes": 262144,
    }  # by default it pauses for a second when its queue is full
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "loop", "enable.auto.commit": False, **fast})
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 20, "batch.size": 262144, "compression.type": "lz4"})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0))
    consumer.assign([TopicPartition(topic, 0, 0)])
    consumer.consume(0, 1.0)
    begun, used, seen = time.monotonic(), time.process_time(), 0
    while seen < end:
        for message in consumer.consume(10_000, 1.0):
            seen += 1
            row = orjson.loads(message.value())
            if made := step({name: row[name] for name in wanted}):
                while True:
                    try:
                        producer.produce(out, orjson.dumps(made))
                        break
                    except BufferError:
                        producer.poll(0.1)
        producer.poll(0)
    producer.flush()
    print(time.monotonic() - begun, time.process_time() - used)


if __name__ == "__main__":
    main(*sys.argv[1:])
