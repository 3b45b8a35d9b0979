"""The Kafka sink as a dead letter queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.connectors.kafka.sink import KafkaSink


def _sink(**more: Any) -> KafkaSink:
    return KafkaSink.model_validate({"bootstrap": "localhost:1", "topic": "t", **more})


def test_dead_letters_have_the_guarantee_of_the_strictest_sink() -> None:
    sinks = [_sink(guarantee="exactly_once", transaction_timeout="1 h"), _sink(transaction_timeout="2 h")]
    made = _sink().for_dead_letters(sinks)
    assert (made.guarantee, made.transaction_timeout) == ("exactly_once", timedelta(hours=1))
    assert _sink().for_dead_letters([_sink()]).guarantee == "at_least_once"


def test_keys_of_the_dead_letter_queue_in_the_job_file_are_kept() -> None:
    configured = _sink(transaction_timeout="5 min", properties={"compression.type": "zstd"})
    made = configured.for_dead_letters([_sink(guarantee="exactly_once")])
    assert made.transaction_timeout == timedelta(minutes=5)
    assert made.properties == {"compression.type": "zstd", "max.request.size": 33_554_432}
