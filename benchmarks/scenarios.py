"""The scenarios of `scripts/bench`: records of a topic, and what happens to them, as a job file and as Flink's SQL.

The records are JSON objects of about 200 bytes with nine fields. Ten records are one millisecond of event time, and each of ten thousand
keys comes ten times in ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

RECORD = {
    "id": ("bigint", "id"),
    "order_id": ("bigint", "CASE WHEN MOD(id, 10) = 9 THEN id - 1 ELSE id END"),
    "customer": ("string", "CONCAT('customer-', CAST(MOD(id * 7919, 10000) AS STRING))"),
    "country": ("string", "CASE WHEN MOD(id, 5) < 2 THEN 'de' ELSE 'fr' END"),
    "product": ("string", "CONCAT('a product with a name of usual length ', CAST(MOD(id * 31, 500) AS STRING))"),
    "amount": ("double", "CAST(MOD(id * 37, 100000) AS DOUBLE) / 100"),
    "price": ("double", "CAST(MOD(id * 73, 10000) AS DOUBLE) / 8"),
    "quantity": ("int", "CAST(MOD(id, 9) AS INT)"),
    "at": ("timestamp_ltz(3)", "TO_TIMESTAMP_LTZ(1767225600000 + id / 10, 3)"),
}
"""Field to its type and the SQL that makes it from the number of the record."""

WIDE = RECORD | {
    f"more_{n}": ("string", f"CONCAT('further field {n} ', CAST(MOD(id * {n + 3}, 9973) AS STRING))") for n in range(31)
}
"""The same with further fields that no scenario reads: 40 fields, about 1 KB."""

MODEL = {
    "kind": "linear", "version": "1", "features": ["amount", "price", "quantity", "id"],
    "coefficients": [0.5, -1.25, 3.0, 0.001], "intercept": 7.0,
}  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """What happens to the records of a topic."""

    title: str

    steps: list[dict[str, Any]]
    """The steps of the job file. `MODEL` stands for the path of the model."""

    sql: str
    """What a user would write in Flink's SQL, from the table `rows_in` or the view `scored`."""

    out: dict[str, str]
    """The columns of the output."""

    read: tuple[str, ...] = tuple(RECORD)
    """The columns that the job file and the table of SQL declare."""

    record: Mapping[str, tuple[str, str]] = field(default_factory=lambda: RECORD)
    """The fields of the records."""

    event_time: bool = False

    view: str = ""
    """The query of the view `scored`, if the scenario needs one."""

    options: dict[str, str] = field(default_factory=dict)
    """Flink options that SQL needs for the same result, where the job file has a key."""

    name: str = ""
    """The name on the command line."""

    @property
    def columns(self) -> dict[str, str]:
        """The declared columns: name to type."""
        return {name: self.record[name][0] for name in self.read}


def _kept(*names: str) -> dict[str, str]:
    return {name: RECORD[name][0] for name in names}


_FILTER = {"uppercase_filter": {"column": "country", "keep": {"equals": "DE"}}}
_SCORE = {"regression_scoring": {"model": "MODEL"}}
_SCORED = "7.0 + amount * 0.5 + price * -1.25 + CAST(quantity AS DOUBLE) * 3.0 + CAST(id AS DOUBLE) * 0.001"
_WINDOW = {"window_start": "timestamp_ltz(3)", "window_end": "timestamp_ltz(3)"}
_BOUNDS = "CAST(window_start AS TIMESTAMP_LTZ(3)) AS window_start, CAST(window_end AS TIMESTAMP_LTZ(3)) AS window_end"


def _tumble(rows: str, total: str) -> str:
    return (
        f"SELECT customer, {_BOUNDS}, SUM({total}) AS total FROM TABLE(TUMBLE(TABLE {rows}, DESCRIPTOR(`at`), INTERVAL '10' SECOND)) "
        "GROUP BY customer, window_start, window_end"
    )


def _sum(column: str, window: dict[str, Any]) -> dict[str, Any]:
    return {"rolling_sum": {"key": "customer", "value": column, "window": window}}


def _upper(names: tuple[str, ...]) -> str:
    return ", ".join("UPPER(country) AS country" if name == "country" else f"`{name}`" for name in names)


_NARROW = ("id", "country", "amount", "at")
_ALL = {
    "filter": Scenario(
        "upper case and filter, 40 % of the rows pass", [_FILTER],
        f"SELECT {_upper(tuple(RECORD))} FROM rows_in WHERE UPPER(country) = 'DE'", _kept(*RECORD),
    ),
    "score": Scenario(
        "a linear model of four features, all rows pass", [_SCORE],
        f"SELECT *, {_SCORED} AS prediction, '1' AS model_version FROM rows_in",
        {**_kept(*RECORD), "prediction": "double", "model_version": "string"},
    ),
    "window": Scenario(
        "sum per key in windows of 10 s, ten thousand keys", [_sum("amount", {"tumble": "10 s"})], _tumble("rows_in", "amount"),
        {"customer": "string", **_WINDOW, "total": "double"}, event_time=True,
    ),
    "rolling": Scenario(
        "for each row the sum of the last five of its key", [_sum("amount", {"rolling_rows": 5})],
        "SELECT *, SUM(amount) OVER (PARTITION BY customer ORDER BY `at` ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) AS total "
        "FROM rows_in",
        {**_kept(*RECORD), "total": "double"}, event_time=True,
    ),
    "dedup": Scenario(
        "the first row of each key, nine of ten rows pass", [{"dedup": {"key": "order_id", "ttl": "1 h"}}],
        f"SELECT {', '.join(f'`{name}`' for name in RECORD)} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY order_id "
        "ORDER BY PROCTIME()) AS n FROM rows_in) WHERE n = 1",
        _kept(*RECORD), options={"table.exec.state.ttl": "1 h"},
    ),
    "chain": Scenario(
        "filter, score, and sum of the scores in windows of 10 s", [_FILTER, _SCORE, _sum("prediction", {"tumble": "10 s"})],
        _tumble("scored", "prediction"), {"customer": "string", **_WINDOW, "total": "double"}, event_time=True,
        view=f"SELECT customer, `at`, {_SCORED} AS prediction FROM rows_in WHERE UPPER(country) = 'DE'",
    ),
    "wide": Scenario(
        "the filter, where a record has 40 fields and the job reads 4", [_FILTER],
        f"SELECT {_upper(_NARROW)} FROM rows_in WHERE UPPER(country) = 'DE'", _kept(*_NARROW), _NARROW, WIDE,
    ),
}  # fmt: skip
SCENARIOS = {name: replace(scenario, name=name) for name, scenario in _ALL.items()}
"""Name to scenario."""
