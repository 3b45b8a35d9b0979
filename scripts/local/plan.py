"""Flink's execution plan of a job (operators, parallelism, edges), and the guarantees of its sources and sinks."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from penstock.connectors.base.connector import Connector
from penstock.connectors.config.model import registered
from penstock.connectors.config.texts import shortened
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.base.job import Job
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.user_code import importable
from penstock.scripts.jvm import gateway
from penstock.scripts.local.runner import failures, new_log_dir


@dataclass(frozen=True)
class Operator:
    """One operator of the plan. `inputs` are pairs of the id of an upstream operator and the partitioning of the edge."""

    id: int
    kind: str
    contents: str
    parallelism: int
    inputs: list[tuple[int, str]]


@dataclass(frozen=True)
class Plan:
    """The plan of a job. `tables` are (role, name, columns); each of `guarantees` is a sentence."""

    name: str
    tables: list[tuple[str, str, str]]
    operators: list[Operator]
    guarantees: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return asdict(self)


def explain(pipeline: Pipeline, folders: list[Path]) -> Plan:
    """Plan the job in the JVM of this process, without starting it. Raises RunError."""
    importable(folders)
    log_dir = new_log_dir(f"plan-{pipeline.name}")
    with failures(log_dir):
        gateway.prepare(pipeline.jars(), log_dir, gateway.SHORT_LIVED)
        env = gateway.environment(pipeline.configuration(), False)
        from pyflink.table import ExplainDetail

        raw = pipeline.compose(env).explain(ExplainDetail.JSON_EXECUTION_PLAN)
    return Plan(pipeline.name, _tables(pipeline), _operators(raw), guarantees(pipeline))


def _operators(raw: str) -> list[Operator]:
    nodes = json.loads(raw[raw.index("{", raw.index("== Physical Execution Plan ==")) :])["nodes"]
    return [
        Operator(
            node["id"],
            node["type"],
            re.sub(r"^\[\d+\]:", "", node["contents"]).replace("default_catalog.default_database.", ""),
            node["parallelism"],
            [(edge["id"], edge["ship_strategy"]) for edge in node.get("predecessors", [])],
        )
        for node in nodes
    ]


def _tables(pipeline: Pipeline) -> list[tuple[str, str, str]]:
    found = []
    for name, source in pipeline.all_sources().items():
        found.append(("source", f"{registered(SOURCES, source)} {name}", _columns(source.stream().types)))
    output_columns = pipeline.output_columns()
    for sink in pipeline.sink:
        found.append(("sink", registered(SINKS, sink), _columns(output_columns.types)))
    if pipeline.dead_letters:
        from penstock.connectors.dead_letter.schema import DEAD_LETTER

        found.append(("dead letters", registered(SINKS, pipeline.dead_letters), _columns(DEAD_LETTER.types)))
    return found


def _columns(types: Any) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def guarantees(pipeline: Pipeline) -> list[str]:
    """Return the guarantee of each source and sink, from the last paragraph of the docstring of the connector: of a connector with the key
    `guarantee` only the chosen one."""
    named: list[tuple[str, Connector]] = []
    named += [(f"source {registered(SOURCES, source)}", source) for source in pipeline.all_sources().values()]
    named += [(f"sink {registered(SINKS, sink)}", sink) for sink in pipeline.sink]
    if pipeline.dead_letters:
        named.append((f"dead_letters {registered(SINKS, pipeline.dead_letters)}", pipeline.dead_letters))
    return [f"{name}: {_guarantee(connector)}" for name, connector in named]


def _guarantee(connector: Connector) -> str:
    text = " ".join((type(connector).__doc__ or "").split("Guarantee:")[-1].split())
    chosen = getattr(connector, "guarantee", None)
    found = re.search(rf"`{chosen}` \(([^()]*)\)", text)
    return f"{chosen} ({found[1]})" if found else text


def text(plan: Plan, pipeline: Pipeline, verbose: bool = False) -> str:
    """Return the plan in the words of the job file: sources, steps, sinks, guarantees. `verbose` adds Flink's operators."""
    ends = [(role, f"  {role:<13}{name}: {columns}") for role, name, columns in plan.tables]
    lines = [plan.name, "", *(line for role, line in ends if role == "source")]
    for number, step in enumerate(pipeline.job, 1):
        lines.append(f"  {f'step {number}':<13}{registered(JOBS, step)}{_keys(step)}")
    lines += [line for role, line in ends if role != "source"]
    lines += ["", "guarantees", *(f"  {sentence}" for sentence in plan.guarantees)]
    if not verbose:
        return "\n".join([*lines, "", f"Flink runs this as {len(plan.operators)} operators; --verbose shows them"])
    lines += ["", "operators"]
    for operator in plan.operators:
        inputs = "".join(f" <- {source} {how.lower()}" for source, how in operator.inputs)
        lines.append(f"  {operator.id:>3}  x{operator.parallelism}  {shortened(operator.contents, 150)}{inputs}")
    return "\n".join(lines)


def _keys(step: Job) -> str:
    """The keys of a step that the job file sets, as YAML on one line."""
    found = step.model_dump(mode="json", exclude_unset=True, by_alias=True)
    return "".join(
        f"{', ' if index else ': '}{key} {_value(value)}" for index, (key, value) in enumerate(found.items())
    )


def _value(value: Any) -> str:
    one = value[0] if isinstance(value, list) and len(value) == 1 else value  # `key: user` is read as a list of one
    if isinstance(one, str):
        return shortened(" ".join(one.split()), 100)
    flow = yaml.safe_dump(one, default_flow_style=True, width=1000, allow_unicode=True, sort_keys=False)
    return shortened(flow.removesuffix("...\n").strip(), 100)


def mermaid(plan: Plan) -> str:
    """Return the plan as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    for operator in plan.operators:
        label = shortened(operator.contents, 80).replace('"', "'").replace("<", "‹").replace(">", "›")
        lines.append(f'    n{operator.id}["{label} x{operator.parallelism}"]')
        lines += [f"    n{source} -->|{how.lower()}| n{operator.id}" for source, how in operator.inputs]
    return "\n".join(lines)
