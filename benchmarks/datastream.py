"""The scenarios of `scripts/bench` in PyFlink's DataStream API, with a Python function for each step, as its tutorials show it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from benchmarks.candidate import Place
from benchmarks.peers.steps import STEPS, chosen, time_of, window_row
from benchmarks.scenarios import Scenario

if TYPE_CHECKING:
    from pyflink.datastream import DataStream


SCENARIOS = (*STEPS, "window")
"""The scenarios that `run` does."""


def run(scenario: Scenario, place: Place) -> None:
    """Process the topic to its end, in the JVM of this process."""
    os.environ.pop("_python_worker_execution_mode", None)
    from pyflink.common import SimpleStringSchema, Types, WatermarkStrategy
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.datastream.connectors.kafka import (
        KafkaOffsetsInitializer,
        KafkaRecordSerializationSchema,
        KafkaSink,
        KafkaSource,
    )

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.enable_checkpointing(10_000)
    source = KafkaSource.builder().set_bootstrap_servers(place.broker).set_topics(place.topic).set_group_id("bench")
    source = source.set_starting_offsets(KafkaOffsetsInitializer.earliest())
    source = source.set_bounded(KafkaOffsetsInitializer.latest()).set_value_only_deserializer(SimpleStringSchema())
    records = env.from_source(source.build(), WatermarkStrategy.no_watermarks(), "records")
    names = list(scenario.read)
    rows = records.map(lambda value: chosen(json.loads(value), names))
    step = STEPS.get(scenario.name)
    results = rows.map(step).filter(lambda row: row is not None) if step else _windows(rows)
    texts = results.map(json.dumps, output_type=Types.STRING())
    record = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(place.out)
        .set_value_serialization_schema(SimpleStringSchema())
    )
    sink = KafkaSink.builder().set_bootstrap_servers(place.broker).set_record_serializer(record.build())
    for name, value in {"linger.ms": "20", "batch.size": "262144", "compression.type": "lz4"}.items():
        sink = sink.set_property(name, value)
    texts.sink_to(sink.build())
    env.execute("bench")


def _windows(rows: DataStream) -> DataStream:
    from pyflink.common import Duration, Time, WatermarkStrategy
    from pyflink.common.watermark_strategy import TimestampAssigner
    from pyflink.datastream.functions import ProcessWindowFunction, ReduceFunction
    from pyflink.datastream.window import TumblingEventTimeWindows

    class EventTime(TimestampAssigner):  # type: ignore[misc]
        def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
            return int(time_of(value).timestamp() * 1000)

    class Sum(ReduceFunction):  # type: ignore[misc]
        def reduce(self, value1: Any, value2: Any) -> Any:
            return {**value1, "amount": value1["amount"] + value2["amount"]}

    class Result(ProcessWindowFunction):  # type: ignore[misc]
        def process(self, key: str, context: Any, elements: Iterable[Any]) -> Iterable[Any]:
            start = datetime.fromtimestamp(context.window().start / 1000, timezone.utc)
            yield window_row(key, start, next(iter(elements))["amount"])

    ordered = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(1))
    timed = rows.assign_timestamps_and_watermarks(ordered.with_timestamp_assigner(EventTime()))
    windows = timed.key_by(lambda row: row["customer"]).window(TumblingEventTimeWindows.of(Time.seconds(10)))
    return windows.reduce(Sum(), window_function=Result())
