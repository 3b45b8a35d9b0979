"""The age of the counts in `penstock status` is limited by the cluster's own update interval."""

from __future__ import annotations

import time
from typing import Any

import pytest

from penstock.scripts.flink import metrics
from penstock.scripts.flink.client import Flink
from penstock.scripts.flink.metrics import Metrics


def _asked(monkeypatch: pytest.MonkeyPatch, ages: list[float], interval: str | None) -> float | None:
    """The age in seconds of what `fresh` returns when the cluster answers with metrics of these ages; it repeats the last one."""
    began, answers = time.time(), iter(ages)
    last = [0.0]

    def read(*_: Any) -> Metrics:
        last[0] = next(answers, last[0])
        return Metrics({"sink": {"penstock_clock": int((began - last[0]) * 1000)}}, None)

    config = {"metrics.fetcher.update-interval": interval} if interval else {}
    monkeypatch.setattr(metrics, "read", read)
    monkeypatch.setattr(metrics, "_WAIT", 0.5)
    monkeypatch.setattr(Flink, "configuration", lambda self: config)
    taken = metrics.fresh(Flink("http://localhost:1"), "job", []).taken
    return None if taken is None else round(began - taken / 1000, 1)


def test_fresh_waits_for_newer_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _asked(monkeypatch, [60, 60, 0], "100") == 0


def test_metrics_may_be_as_old_as_a_long_update_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _asked(monkeypatch, [7], None) == 7
    assert _asked(monkeypatch, [7], "10 s") == 7
    assert _asked(monkeypatch, [50], "1 min") == 50


def test_old_metrics_are_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _asked(monkeypatch, [20], None) is None
    assert _asked(monkeypatch, [2], "100") is None
