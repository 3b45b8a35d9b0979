"""A loop of `confluent-kafka` and `orjson`: what a user writes without a framework.

It keeps no state and no offsets, and a failure loses or repeats records.
"""

from __future__ import annotations

import sys

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.peers.steps import STEPS, chosen


def main(scenario: str, broker: str, topic: str, out: str, columns: str) -> None:
    """Process the topic to its end."""
    step, wanted = STEPS[scenario], columns.split(",")
    fast = {
        "fetch.queue.backoff.ms": 5,
        "queued.max.messages.kbytes": 262144,
    }  # by default it pauses for a second when its queue is full
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "loop", "enable.auto.commit": False, **fast})
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 20, "batch.size": 262144, "compression.type": "lz4"})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0))
    consumer.assign([TopicPartition(topic, 0, 0)])
    consumer.consume(0, 1.0)
    seen = 0
    while seen < end:
        for message in consumer.consume(10_000, 1.0):
            seen += 1
            if made := step(chosen(orjson.loads(message.value()), wanted)):
                while True:
                    try:
                        producer.produce(out, orjson.dumps(made))
                        break
                    except BufferError:
                        producer.poll(0.1)
        producer.poll(0)
    producer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
