"""The jobs that run under faults: their records, their files, and the output of their plain-Python reference."""

from __future__ import annotations

import json
import random
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from penstock.connectors.formats import times
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.user_code import importable
from penstock.udfs.rows import Row, Rows
from tests.faults.edges import TOPICS, Edges
from tests.faults.oracle import Out
from tests.faults.record import Record

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
PARTITIONS = 4
USERS = 32
ONE_IN_BAD = 50
_COLUMNS = {"n": "bigint not null", "user": "string", "ref": "string", "amount": "int", "at": "timestamp_ltz(3)"}
_CONF = Path(__file__).parents[2] / "conf"


def record(seed: int, n: int) -> Record:
    """The n-th record, 100 ms of event time after the one before. A user's records are all in one partition; about a third of their
    `ref` values are repeated within it."""
    dice = random.Random(f"{seed} {n}")
    user = n % USERS
    turn = n // USERS
    back = dice.randrange(1, 60) if dice.random() < 0.3 else 0
    row: Row = {
        "n": n,
        "user": f"user{user}",
        "ref": f"{user}-{max(0, turn - back)}",
        "amount": dice.randrange(-1000, 1000),
        "at": START + timedelta(milliseconds=100 * n),
    }
    bad = dice.randrange(ONE_IN_BAD) == 0
    value = json.dumps({**row, "at": _text(row["at"])}).encode()
    return Record(n, user % PARTITIONS, row, value[: len(value) - dice.randrange(2, 40)] if bad else value, bad)


def closing(seed: int, n: int) -> list[tuple[int, bytes]]:
    """Records, one for each partition, that close every window before them."""
    at = START + timedelta(milliseconds=100 * n) + timedelta(days=1)
    return [
        (
            p,
            json.dumps(
                {"n": -1 - p, "user": f"closing{p}", "ref": f"closing{p}", "amount": 0, "at": _text(at)}
            ).encode(),
        )
        for p in range(PARTITIONS)
    ]


def _text(timestamp: datetime) -> str:
    return timestamp.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(frozen=True)
class Scenario:
    """`job` holds the steps; `expected` maps id to content for the good records, `out` decodes an output row, and `key` names the
    columns that identify one. `reference` replaces steps that have no plain-Python form."""

    name: str
    job: list[dict[str, Any]]
    out: Callable[[Row], Out]
    module: str = ""
    key: tuple[str, ...] = ("n",)
    reference: Callable[[list[Row]], list[Row]] | None = None

    def write(
        self, folder: Path, guarantee: str, parallelism: int, file: str, edges: Edges | None = None,
        topics: Mapping[str, str] = TOPICS, name: str = "faults", console: bool = False,
    ) -> Path:  # fmt: skip
        """The job file with these edges; `console` adds a console sink, for `--limit`."""
        edges = edges or Edges()
        sink = edges.sink_config(topics["out"], guarantee, list(self.key))
        made = {
            "name": name,
            "source": edges.source_config(topics["in"], _COLUMNS, name, guarantee),
            "job": self.job,
            "sink": [sink, {"console": {}}] if console and edges.sink != "console" else sink,
            "dead_letters": edges.dead_config(topics["dead"], guarantee),
            "flink": {"parallelism": parallelism, "checkpoint": "1 s"},
        }
        if self.module:
            (folder / "faults_function.py").write_text(self.module, encoding="utf-8")
        path = folder / file
        path.write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
        return path

    def expected(self, file: Path, records: Iterable[Record]) -> dict[Hashable, str]:
        """The reference's output for the good records, each partition in order."""
        kept = sorted((one for one in records if not one.bad), key=lambda one: one.n)
        made = [
            self.out(json.loads(json.dumps(row, default=_json)))
            for row in self._reference(file, [one.row for one in kept])
        ]
        return {one.id: one.content for one in made}

    def _reference(self, file: Path, made: list[Row]) -> list[Row]:
        if self.reference:
            return self.reference(made)
        importable([file.parent])
        text = (
            file.read_text()
            .replace("${KAFKA}", "localhost:1")
            .replace("${POSTGRES}", "postgresql://localhost:1/out")
            .replace("${MYSQL}", "mysql://localhost:1/out")
            .replace("${ENDPOINT}", "http://localhost:1/out")
            .replace("${RABBITMQ}", "amqp://localhost:1")
        )
        pipeline = Pipeline.model_validate(yaml.safe_load(text))
        rows = Rows.of(made, "at", timedelta(seconds=1))
        for step in pipeline.located(file.parent).job:
            rows = step.reference(rows)
        return rows.rows


def _json(value: object) -> object:
    return _text(value) if isinstance(value, datetime) else str(value)


def _by_n(row: Row) -> Out:
    return Out(row["n"], json.dumps(_timestamps(row), sort_keys=True), row["user"], row["n"])


def _by_ref(row: Row) -> Out:
    """A user's rows with different refs go through different tasks, so their order is not guaranteed."""
    return replace(_by_n(row), key=None)


def _by_window(row: Row) -> Out:
    row = {**_timestamps(row), "total": int(row["total"])}
    return Out((row["user"], row["window_end"]), json.dumps(row, sort_keys=True))


def _timestamps(row: Row) -> Row:
    """Timestamps in one notation: Flink writes as many fractional digits as are not zero."""
    return {
        name: _text(times.instant(value if value.endswith("Z") else f"{value}Z"))
        if name in ("at", "window_start", "window_end")
        else round(value, 6)
        if isinstance(value, float)
        else value
        for name, value in row.items()
    }


_FILTER = {"uppercase_filter": {"column": "user", "keep": {"not_equals": "USER3"}}}
_PANDAS = """\
import pandas as pd


def weigh(amount: pd.Series, n: pd.Series) -> pd.Series:
    return amount * 2 + n % 7
"""
_RECENT = """\
SELECT n, `user`, `ref`, amount, `at`,
  SUM(amount) OVER (PARTITION BY `user` ORDER BY `at` ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS recent
FROM records
"""


def _recent(rows: list[Row]) -> list[Row]:
    """Each row with the sum of its user's last three."""
    last: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=3))
    made = []
    for row in rows:
        last[row["user"]].append(row["amount"])
        made.append({**row, "recent": sum(last[row["user"]])})
    return made


COPY = Scenario("copy", [{"uppercase_filter": {"column": "user"}}], _by_ref)
SCENARIOS = {
    one.name: one
    for one in (
        COPY,
        Scenario("uppercase_filter", [_FILTER], _by_n),
        Scenario(
            "rolling_sum",
            [_FILTER, {"rolling_sum": {"key": "user", "value": "amount", "window": {"tumble": "2 s"}}}],
            _by_window,
            key=("user", "window_start", "window_end"),
        ),
        Scenario("dedup", [{"dedup": {"key": "ref", "keep": "first", "ttl": "never"}}], _by_ref),
        Scenario(
            "regression_scoring",
            [
                {
                    "regression_scoring": {
                        "model": str(_CONF / "models" / "house_price.json"),
                        "columns_of": {"area": "amount", "rooms": "n", "age": "amount"},
                    }
                }
            ],
            _by_n,
        ),
        Scenario(
            "pandas",
            [
                {
                    "map": {
                        "function": "faults_function.weigh",
                        "of": ["amount", "n"],
                        "to": "weight",
                        "type": "bigint",
                        "kind": "pandas",
                    }
                }
            ],
            _by_n,
            _PANDAS,
        ),
        Scenario(
            "sql",
            [{"sql": {"query": _RECENT, "columns": {**_COLUMNS, "recent": "int"}}}],
            _by_n,
            reference=_recent,
        ),
    )
}
