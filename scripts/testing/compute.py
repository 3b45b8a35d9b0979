"""Compute the output of a job for the rows of a test, with the plain-Python reference or with Flink."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from penstock.connectors.base.event_time import EventTime
from penstock.connectors.base.source import Source
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import ConfigError, Problem
from penstock.connectors.console import ConsoleSink
from penstock.connectors.files.sink import FilesSink
from penstock.connectors.formats import codec
from penstock.connectors.values import ValuesSource
from penstock.jobs.base.job import NoReference
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.load import Loaded, fail, load
from penstock.scripts.testing.cases import Case, TestFile
from penstock.udfs.rows import Row, Rows

if TYPE_CHECKING:
    from penstock.scripts.local.mini_cluster import MiniCluster

# One watermark per row, as in the reference. With Flink's default of one per 200 ms hardly any test row would be late.
_EACH_ROW = {"pipeline.auto-watermark-interval": "0 ms"}
# PyFlink keeps a watermark back until the rows that it has sent to a Python function have returned.
_EACH_RESULT = {"python.fn-execution.bundle.size": "1", "python.fn-execution.arrow.batch.size": "1"}


@dataclass(frozen=True)
class Output:
    """The output of a job: rows of Python values, and dead letters as pairs of reason and row (JSON values)."""

    columns: Columns
    rows: list[Row]
    dead_letters: list[tuple[str, dict[str, Any]]]


def job_of(test: TestFile, case: Case) -> Loaded:
    """Return the job file with the changes of the case, and with the rows of the case as its source. Raises ConfigError."""
    settings = [
        f"{key}={yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix('...' + chr(10))}"
        for key, value in case.set.items()
    ]
    config = load(test.job, settings=settings)
    pipeline = config.pipeline
    names = sorted(case.rows) if isinstance(case.rows, dict) else None
    if names != (sorted(pipeline.sources) if pipeline.sources else None):
        want = (
            f"rows: {{{', '.join(f'{name}: [...]' for name in pipeline.sources)}}}"
            if pipeline.sources
            else "rows: [...]"
        )
        raise ConfigError(
            f"{test.file}: {case.name}",
            found="one list of rows" if names is None else f"rows by source: {', '.join(names) or 'none'}",
            allowed=want,
            do="write the rows in the allowed form",
        )
    values = {}
    for name, source in pipeline.all_sources().items():
        rows, below = (case.rows[name], (name,)) if isinstance(case.rows, dict) else (case.rows, ())
        try:
            values[name] = _values(source, rows)
        except Problem as problem:
            path = ("tests", test.cases.index(case), "rows", *below, *problem.path[1:])
            fail([replace(problem, path=path)], test.tree)
    update: dict[str, Any] = {"sources": values} if pipeline.sources else {"source": values["records"]}
    update["flink"] = pipeline.flink.model_copy(update={"parallelism": 1})
    return replace(config, pipeline=pipeline.model_copy(update=update))


def _values(source: Source, rows: list[dict[str, Any]]) -> ValuesSource:
    """Return a source of these rows with the columns of the real source, the columns of the record envelope included. Raises Problem."""
    types = dict(source.stream().types)
    for index, row in enumerate(rows):
        for name, kind in types.items():
            if name in row and row[name] is None and not kind.nullable:
                found, do = f"null in a column of type {kind}", "write a value: the source would reject such a record"
                raise Problem(("rows", index, name), found, str(kind), do)
    if source.event_time and source.event_time.unit:
        del types[source.event_time.name]
    made = ValuesSource(columns={name: kind.optional() for name, kind in types.items()}, rows=[])
    made = made.model_copy(update={"rows": rows, "event_time": source.event_time})
    made.inline_rows()
    return made


def by_reference(pipeline: Pipeline) -> Output:
    """Compute with the plain-Python references. Raises NoReference for steps that only Flink can run."""
    if pipeline.sources:
        raise NoReference("a job with several sources runs only in Flink")
    held = pipeline.source.inline_rows() if pipeline.source else None
    if held is None:
        raise NoReference("the source of the job does not contain its rows")
    rows = _timed(held, pipeline.source.event_time if pipeline.source else None)
    for step in pipeline.job:
        rows = step.reference(rows)
    dead_letters = [(rejected.reason, codec.encode(rejected.row)) for rejected in rows.rejected]
    return Output(pipeline.output_columns(), rows.rows, dead_letters)


def _timed(rows: list[Row], time: EventTime | None) -> Rows:
    if not time:
        return Rows.of(rows)
    if time.unit:
        from datetime import datetime, timedelta, timezone

        scale = timedelta(milliseconds=1) if time.unit == "ms" else timedelta(seconds=1)
        rows = [
            {**row, time.name: datetime(1970, 1, 1, tzinfo=timezone.utc) + row[time.column] * scale} for row in rows
        ]
    return Rows.of(rows, time.name, time.out_of_order)


def by_flink(pipeline: Pipeline, cluster: MiniCluster) -> Output:
    """Compute with Flink. Raises RunError when the job fails."""
    with tempfile.TemporaryDirectory(prefix="penstock-dead-letters-") as folder:
        replaced = pipeline.model_copy(
            update={
                "sink": [ConsoleSink()],
                "dead_letters": FilesSink(path=folder, format="json") if pipeline.dead_letters else None,
            }
        )
        timed = any(source.event_time for source in pipeline.all_sources().values())
        options = _EACH_ROW | (_EACH_RESULT if timed and pipeline.user_functions() else {})
        lines = cluster.run(replaced, options=options).lines
        dead_letters = [
            json.loads(line)
            for file in Path(folder).rglob("*")
            if file.is_file()
            for line in file.read_text("utf-8").splitlines()
        ]
    columns = pipeline.output_columns()
    rows = [decoded(json.loads(line), columns) for line in (_current(lines, columns) if columns.changelog else lines)]
    return Output(
        columns, rows, [(dead_letter["reason"], json.loads(dead_letter["row"])) for dead_letter in dead_letters]
    )


def _current(lines: list[bytes], columns: Columns) -> list[bytes]:
    """Return the current rows at the end of a changelog."""
    now: dict[str, bytes] = {}
    for line in lines:
        row = json.loads(line[1:])
        key = json.dumps([row.get(name) for name in columns.key])
        if line[:1] == b"+":
            now[key] = line[1:]
        else:
            now.pop(key, None)
    return list(now.values())


def decoded(row: dict[str, Any], columns: Columns) -> Row:
    """Return a JSON row as Python values. Raises ValueError that names the column."""
    if unknown := set(row) - set(columns.types):
        raise ValueError(f'"{min(unknown)}", which is not a column of the result ({", ".join(columns.types)})')
    result = {}
    for name, kind in columns.types.items():
        try:
            result[name] = codec.decode(row.get(name), kind.optional())
        except ValueError as problem:
            raise ValueError(f"{name}: {problem}") from None
    return result
