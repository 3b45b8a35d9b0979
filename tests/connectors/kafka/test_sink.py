"""The sink of a job's dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.connectors.kafka.sink import KafkaSink


def _sink(**more: Any) -> KafkaSink:
    return KafkaSink.model_validate({"bootstrap": "localhost:1", "topic": "t", **more})


def test_dead_letters_are_as_strict_as_the_strictest_sink() -> None:
    sinks = [_sink(guarantee="exactly_once", transaction_timeout="1 h"), _sink(transaction_timeout="2 h")]
    made = _sink().for_dead_letters(sinks)
    assert (made.guarantee, made.transaction_timeout) == ("exactly_once", timedelta(hours=1))
    assert _sink().for_dead_letters([_sink()]).guarantee == "at_least_once"


def test_what_the_file_says_of_dead_letters_holds() -> None:
    said = _sink(transaction_timeout="5 min", properties={"compression.type": "zstd"})
    made = said.for_dead_letters([_sink(guarantee="exactly_once")])
    assert made.transaction_timeout == timedelta(minutes=5)
    assert made.properties == {"compression.type": "zstd", "max.request.size": 33_554_432}
