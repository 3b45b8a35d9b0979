"""Stable operator uids, so that the new version of a job finds the state of the old one.

Flink numbers the nodes of a plan in the order in which it visits them, and derives the operator uids from the numbers. One additional node
changes the uid of every later operator, so that a savepoint no longer fits. This module numbers each stateful node by a hash of what its
state depends on: kind, keys, window, aggregates and row types; for a source or sink, its table. An edit elsewhere in the job keeps the uid.
An edit that makes the old state wrong changes the uid, so that Flink never reads old state with a different meaning.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

_STATELESS = (
    "calc",
    "correlate",
    "drop-update-before",
    "exchange",
    "expand",
    "local-group-aggregate",
    "local-window-aggregate",
    "mini-batch-assigner",
    "python-calc",
    "python-correlate",
    "union",
    "values",
    "watermark-assigner",
    "window-table-function",
)
_FIRST = 1 << 16
_TYPE = re.compile(r"stream-exec-(.+)_\d+")
_TABLE = re.compile(r"`(\w+)`$")


@dataclass(frozen=True)
class Operator:
    """A stateful node of the plan. `uid` is the number at the start of its uids, `kind` is Flink's name for the node, and `means` describes
    what its state depends on."""

    uid: int
    kind: str
    means: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for the ledger."""
        return asdict(self)


def stable(plan_json: str, connectors: Mapping[str, str]) -> tuple[str, list[Operator]]:
    """Return the compiled plan with renumbered nodes, and its stateful nodes.

    `connectors` maps the name of each table to the kind of its connector, for example `{"source_records": "kafka"}`.
    """
    plan = json.loads(plan_json)
    inputs: dict[int, list[str]] = {}
    types = {node["id"]: node["outputType"] for node in plan["nodes"]}
    for edge in plan["edges"]:
        inputs.setdefault(edge["target"], []).append(types[edge["source"]])
    numbers: dict[int, int] = {}
    operators: list[Operator] = []
    for position, node in enumerate(plan["nodes"], 1):
        kind = _kind(node)
        if not _keeps_state(kind, node):
            numbers[node["id"]] = position
            continue
        means = _means(kind, node, inputs.get(node["id"], []), connectors)
        number = _number(means, {operator.uid for operator in operators})
        numbers[node["id"]] = number
        operators.append(Operator(number, kind, means))
    for node in plan["nodes"]:
        node["id"] = numbers[node["id"]]
    for edge in plan["edges"]:
        edge["source"], edge["target"] = numbers[edge["source"]], numbers[edge["target"]]
    return json.dumps(plan), operators


def by_position(plan_json: str, connectors: Mapping[str, str]) -> list[Operator]:
    """Return the stateful nodes with Flink's own numbers, for a plan that cannot be renumbered. One additional or removed node changes the
    uid of every node after it."""
    plan, operators = stable(plan_json, connectors)
    nodes = [node["id"] for node in json.loads(plan)["nodes"]]
    return [replace(operator, uid=nodes.index(operator.uid) + 1 + len(nodes)) for operator in operators]


def _kind(node: Mapping[str, Any]) -> str:
    match = _TYPE.fullmatch(node["type"])
    return match[1] if match else str(node["type"])


def _keeps_state(kind: str, node: Mapping[str, Any]) -> bool:
    """Whether a node keeps state. A node of an unknown kind counts as stateful."""
    if kind == "window-table-function":
        return "SESSION" in node["description"]
    return kind not in _STATELESS


def _means(kind: str, node: Mapping[str, Any], inputs: list[str], connectors: Mapping[str, str]) -> str:
    if kind in ("table-source-scan", "sink"):
        table = node["scanTableSource" if kind == "table-source-scan" else "dynamicTableSink"]["table"]["identifier"]
        match = _TABLE.search(table)
        name = match[1] if match else table
        also = " materialized" if "upsertMaterializeStrategy" in node or "requireUpsertMaterialize" in node else ""
        return f"{kind} {name} {connectors.get(name, '')}{also}"
    text = re.sub(r"\$f\d+", "$f", f"{node['description']} {inputs} -> {node['outputType']}")
    if (
        "[TUMBLE(" in text
    ):  # the state is the same, whether the rows were assigned to their windows before or where they are aggregated
        text = text.replace("slice_end=[$slice_end]", "win_end=[$window_end]").replace("`$slice_end`", "`$window_end`")
    return f"{kind} {text}"


def _number(means: str, taken: set[int]) -> int:
    """Return a number from the hash of the meaning. Nodes with the same meaning are distinguished by their order."""
    turn = 0
    while True:
        hashed = hashlib.sha256(f"{means}#{turn}".encode()).digest()
        number = _FIRST + int.from_bytes(hashed[:4], "big") % ((1 << 31) - _FIRST - 1)
        if number not in taken:
            return number
        turn += 1
