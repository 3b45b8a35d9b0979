"""Bytewax, one worker, without recovery: state is lost if the process ends."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow, Stream
from bytewax.operators import windowing
from bytewax.run import cli_main

from benchmarks.candidate import Row
from benchmarks.peers.steps import LENGTH, OUT_OF_ORDER, START, STEPS, chosen, time_of, window_row

Pair = tuple[str, tuple[datetime, float]]


def _windows(rows: Stream, columns: list[str]) -> Stream:
    def keyed(messages: Iterable[Any]) -> list[Pair]:
        made = (chosen(orjson.loads(message.value), columns) for message in messages)
        return [(row["customer"], (time_of(row), row["amount"])) for row in made]

    pairs = op.flat_map_batch("key", rows, keyed)
    clock = windowing.EventClock(ts_getter=lambda pair: pair[0], wait_for_system_duration=OUT_OF_ORDER)
    windower = windowing.TumblingWindower(length=LENGTH, align_to=START)
    sums = windowing.fold_window(
        "sum", pairs, clock, windower, float, lambda total, pair: total + pair[1], lambda one, other: one + other
    )
    return op.map("row", sums.down, lambda found: window_row(found[0], START + found[1][0] * LENGTH, found[1][1]))


def _first(rows: Stream, columns: list[str]) -> Stream:
    def keyed(messages: Iterable[Any]) -> list[tuple[str, Row]]:
        made = (chosen(orjson.loads(message.value), columns) for message in messages)
        return [(str(row["order_id"]), row) for row in made]

    def first(seen: bool | None, row: Row) -> tuple[bool, Row | None]:
        return True, None if seen else row

    pairs = op.flat_map_batch("key", rows, keyed)
    found = op.stateful_map("first", pairs, first)
    return op.filter_map("kept", found, lambda pair: pair[1])


def main(scenario: str, broker: str, topic: str, out: str, columns: str) -> None:
    """Process the topic to its end."""
    wanted = columns.split(",")
    flow = Dataflow("bench")
    source = KafkaSource([broker], [topic], tail=False, batch_size=10_000, add_config={"fetch.queue.backoff.ms": "5"})
    rows = op.input("in", flow, source)
    if step := STEPS.get(scenario):

        def results(messages: Iterable[Any]) -> list[Row]:
            made = (step(chosen(orjson.loads(message.value), wanted)) for message in messages)
            return [row for row in made if row]

        found = op.flat_map_batch("step", rows, results)
    else:
        found = {"window": _windows, "dedup": _first}[scenario](rows, wanted)
    records = op.flat_map_batch(
        "encode", found, lambda several: [KafkaSinkMessage(None, orjson.dumps(row)) for row in several]
    )
    settings = {"linger.ms": "20", "batch.size": "262144", "compression.type": "lz4"}
    op.output("out", records, KafkaSink([broker], out, add_config=settings))
    cli_main(flow)


if __name__ == "__main__":
    main(*sys.argv[1:])
