"""Pathway, one worker, without persistence: it reads the topic as one batch (`mode="static"`)."""

from __future__ import annotations

import sys
import uuid

import pathway as pw

from benchmarks.peers.steps import LENGTH

TYPES = {"number": int, "order_id": int, "quantity": int, "amount": float, "price": float}


def main(scenario: str, broker: str, topic: str, out: str, columns: str) -> None:
    """Process the topic to its end."""
    wanted = ["number" if name == "id" else name for name in columns.split(",")]  # Pathway uses the name id itself
    settings = {"bootstrap.servers": broker, "fetch.queue.backoff.ms": "5"}
    reading = {**settings, "group.id": f"bench-{uuid.uuid4()}", "auto.offset.reset": "earliest"}
    schema = pw.schema_from_types(**{name: TYPES.get(name, str) for name in wanted})
    rows = pw.io.kafka.read(
        reading, topic, schema=schema, format="json", mode="static", json_field_paths={"number": "/id"}
    )
    if scenario in ("filter", "wide"):
        rows = rows.with_columns(country=pw.this.country.str.upper()).filter(pw.this.country == "DE")
    elif scenario == "score":
        prediction = (
            7.0 + pw.this.amount * 0.5 + pw.this.price * -1.25 + pw.this.quantity * 3.0 + pw.this.number * 0.001
        )
        rows = rows.with_columns(prediction=prediction, model_version="1")
    else:
        timed = rows.with_columns(at=pw.this.at.dt.strptime("%Y-%m-%dT%H:%M:%S%.fZ"))
        windows = timed.windowby(timed.at, window=pw.temporal.tumbling(duration=LENGTH), instance=timed.customer)
        form = "%Y-%m-%dT%H:%M:%SZ"
        rows = windows.reduce(
            customer=pw.this._pw_instance,
            window_start=pw.this._pw_window_start.dt.strftime(form),
            window_end=pw.this._pw_window_end.dt.strftime(form),
            total=pw.reducers.sum(pw.this.amount),
        )
    writing = {**settings, "linger.ms": "20", "batch.size": "262144", "compression.type": "lz4"}
    pw.io.kafka.write(rows, writing, topic_name=out, format="json")
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main(*sys.argv[1:])
