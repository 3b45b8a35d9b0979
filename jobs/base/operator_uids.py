"""Stable identities for operators, so that an upgrade finds its state again.

Flink numbers the nodes of a plan in the order in which it meets them, and makes an operator's uid of the number: one node more
and every later operator has another uid, so a savepoint no longer fits. Here a node that keeps state is numbered by what its
state means (its kind, keys, window, aggregates and row types; a source and a sink by their table), so an edit elsewhere in the job leaves
it alone, and an edit that would make the old state wrong gives another uid: old state is never read as something else.
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
    """A node of the plan that keeps state: `uid` is the number its uids begin with, `kind` Flink's name of it, `means` what
    its state depends on."""

    uid: int
    kind: str
    means: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the ledger."""
        return asdict(self)


def stable(plan_json: str, connectors: Mapping[str, str]) -> tuple[str, list[Operator]]:
    """A compiled plan with its nodes renumbered, and the nodes that keep state.

    `connectors` maps a table's name to the kind of its connector, such as `{"source_records": "kafka"}`.
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
    """The nodes that keep state as Flink numbers them itself, for a plan that cannot be renumbered: one node more or less, and each
    after it is another operator."""
    plan, operators = stable(plan_json, connectors)
    nodes = [node["id"] for node in json.loads(plan)["nodes"]]
    return [replace(operator, uid=nodes.index(operator.uid) + 1 + len(nodes)) for operator in operators]


def _kind(node: Mapping[str, Any]) -> str:
    match = _TYPE.fullmatch(node["type"])
    return match[1] if match else str(node["type"])


def _keeps_state(kind: str, node: Mapping[str, Any]) -> bool:
    """Everything that is not known to keep none."""
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
    return f"{kind} {text}"


def _number(means: str, taken: set[int]) -> int:
    """A number from the meaning's hash; two nodes that mean the same are told apart by their order."""
    turn = 0
    while True:
        hashed = hashlib.sha256(f"{means}#{turn}".encode()).digest()
        number = _FIRST + int.from_bytes(hashed[:4], "big") % ((1 << 31) - _FIRST - 1)
        if number not in taken:
            return number
        turn += 1
