"""Connect sources, steps and sinks into one Flink statement set. The result is the same for every target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.connectors.base.row_counting import REJECTED, REJECTED_BY_SINK, ROWS
from penstock.connectors.base.sink import Route
from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import Type
from penstock.connectors.dead_letter.schema import DEAD_LETTER
from penstock.jobs import JOBS
from penstock.jobs.base.job import CHECK, WINDOW_CLOSED, Flow

if TYPE_CHECKING:
    from pyflink.table import StatementSet, Table, TableEnvironment

    from penstock.connectors.base.sink import Sink
    from penstock.jobs.pipeline.pipeline import Pipeline


LOCAL = ".local"
"""The suffix of the job name in the transactional ids of a local run. It cannot collide, because a job name contains no dot."""

COUNTED = Columns({ROWS: Type("bigint")})


def compose(pipeline: Pipeline, env: TableEnvironment, version: str, owner: str) -> StatementSet:
    """Return the whole job as one statement set, which is not started yet.

    Dead letters of the job carry `version`. Its transactional ids begin with `owner`. Raises Problem for errors that only Flink's planner
    finds.
    """
    for key, value in pipeline.configuration().items():
        env.get_config().set(key, value)
    env.create_java_temporary_system_function(CHECK, "penstock.RejectedFunction")
    env.create_java_temporary_system_function(WINDOW_CLOSED, "penstock.WindowClosedFunction")
    flow = _read(pipeline, env, version)
    for index, step in enumerate(pipeline.job):
        kind = registered(JOBS, step)
        try:
            flow = step.build(replace(flow, step=f"{index + 1}_{kind}"))
        except Problem as problem:
            raise problem.below("job", index, kind) from None
    statements = env.create_statement_set()
    route = Route(pipeline.dead_letter_sink(), pipeline.name, version)
    for index, sink in enumerate(pipeline.sink):
        name = f"sink_{index + 1}"
        table, flow = _writable(flow, sink, name)
        rows = flow.kept(table, origin=sink.rejects)
        sink.insert(env, statements, rows, flow.columns, name, owner, route=route)
    if flow.rejected and pipeline.dead_letters:
        dead_letters = flow.rejected[0]
        for more in flow.rejected[1:]:
            dead_letters = dead_letters.union_all(more)
        pipeline.dead_letter_sink().insert(env, statements, dead_letters, DEAD_LETTER, "dead_letters", owner, REJECTED)
    for name, counted in flow.counts:
        BlackholeSink().insert(env, statements, counted, COUNTED, name, owner)
    return statements


def _writable(flow: Flow, sink: Sink, name: str) -> tuple[Table, Flow]:
    """Return the rows that the sink can write, and the flow with the other rows added to the dead letter queue."""
    unwritable = sink.unwritable(flow.columns)
    if unwritable is None:
        return flow.table, flow
    condition, error = unwritable
    table, after = replace(flow, step=name).split(flow.table, condition, REJECTED_BY_SINK, error)
    return table, replace(flow, rejected=after.rejected)


def _read(pipeline: Pipeline, env: TableEnvironment, version: str) -> Flow:
    """Return the rows of the sources, with undecodable records routed to the dead letter queue."""
    from pyflink.table.expressions import col

    rejected: tuple[Table, ...] = ()
    flows = {}
    for name, source in pipeline.all_sources().items():
        rows = source.table(env, f"source_{name}", origin=pipeline.dead_letters is not None)
        flow = Flow(env, rows, source.stream(), pipeline.name, version, f"source_{name}", pipeline.dead_letter_limit)
        flow = replace(flow, rejected=rejected)
        if source.rejects:
            reason, error = col("penstock_reason"), col("penstock_error")
            if flow.limit:
                rows, flow = flow.split(rows, reason.is_not_null, reason, error, {})
            else:  # both branches read the same stored column, so no operator has to compute a flag for them
                rows, flow = rows.where(reason.is_null), flow.reject(rows.where(reason.is_not_null), reason, error, {})
            flow = replace(flow, table=rows.drop_columns(reason, error))
        flows[name], rejected = flow, flow.rejected
    first = next(iter(flows.values()))
    tables = {name: flow.table for name, flow in flows.items()}
    return replace(first, rejected=rejected, inputs=tables if pipeline.sources else None)
