"""Quix Streams, at least once, with its state in RocksDB and in a changelog topic."""

from __future__ import annotations

import sys
import tempfile
import uuid
from datetime import datetime, timezone

from quixstreams import Application, State
from quixstreams.dataframe.windows.aggregations import Sum

from benchmarks.candidate import Row
from benchmarks.peers.steps import LENGTH, OUT_OF_ORDER, STEPS, chosen, time_of, window_row


def _result(window: Row, key: str, *_: object) -> Row:
    return window_row(key, datetime.fromtimestamp(window["start"] / 1000, timezone.utc), window["total"])


def main(scenario: str, broker: str, topic: str, out: str, columns: str) -> None:
    """Process the topic to its end, which is when no record has come for three seconds."""
    wanted = columns.split(",")
    with tempfile.TemporaryDirectory() as folder:
        app = Application(
            broker_address=broker,
            consumer_group=f"bench-{uuid.uuid4()}",
            auto_offset_reset="earliest",
            state_dir=folder,
            loglevel="WARNING",
            consumer_extra_config={"fetch.queue.backoff.ms": 5},
            producer_extra_config={"linger.ms": 20, "batch.size": 262144, "compression.type": "lz4"},
        )
        rows = app.dataframe(app.topic(topic, timestamp_extractor=lambda row, *_: int(time_of(row).timestamp() * 1000)))
        rows = rows.apply(lambda row: chosen(row, wanted))
        if step := STEPS.get(scenario):
            rows = rows.apply(step).filter(lambda row: row is not None)
        elif scenario == "dedup":
            rows = rows.group_by(lambda row: str(row["order_id"]), name="order")

            def new(_: Row, state: State) -> bool:
                if state.exists("seen"):
                    return False
                state.set("seen", True)
                return True

            rows = rows.filter(new, stateful=True)
        else:
            windows = rows.group_by("customer").tumbling_window(LENGTH, grace_ms=OUT_OF_ORDER)
            rows = windows.agg(total=Sum("amount")).final(closing_strategy="partition").apply(_result, metadata=True)
        rows.to_topic(app.topic(out))
        app.run(timeout=3, collect=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
