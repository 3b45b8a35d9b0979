"""A folder of files as a sink: JSON Lines, CSV and Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import model_validator

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.place import Place
from penstock.connectors.base.sink import Route, Sink
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.paths import FilePath, file_system, remote, resolved
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.config.types import Type
from penstock.connectors.dead_letter.schema import DeadLetter, csv_rows, of_json
from penstock.connectors.files.place import FilesPlace
from penstock.connectors.formats import options as formats
from penstock.connectors.formats import supported_types

if TYPE_CHECKING:
    from pyflink.table import StatementSet, Table, TableDescriptor, TableEnvironment

_PARTITIONS = ("string", "char", "varchar", "date", "boolean", "tinyint", "smallint", "int", "bigint")
"""Types whose values can be the name of a folder."""


class FilesSink(Sink):
    """Write rows as JSON Lines, CSV or Parquet files into a folder. Each subtask writes a file for each checkpoint in which it received
    rows, and with `partition_by` one for each subfolder.

    A file becomes visible when its checkpoint completes, when the job is stopped, or when the job finishes. Until then its name begins
    with a dot; readers must skip such names. A longer `flink.checkpoint` makes files larger, and visible later.

    Guarantee: exactly once. After a failure an unfinished file may remain under its hidden name; its rows are written again.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(keeps_dead_letters=True)
    example: ClassVar[str] = "path: NAME_output\n"

    path: FilePath
    """The folder, relative to the job file's folder. It is created if it does not exist."""

    format: Literal["json", "csv", "parquet"] = "json"
    """Format of the files: `json` (JSON Lines), `parquet`, or `csv` without a header line (a `files` source reads it with
    `header: false`)."""

    compression: Literal["snappy", "gzip", "none"] = "snappy"
    """Parquet only: how the columns in the files are compressed."""

    partition_by: ColumnNames | None = None
    """Write the rows with equal values in these columns into a subfolder, such as `day=2026-01-01/`. The columns are not in the files."""

    success_file: PositiveDuration | None = None
    """Write an empty file `_SUCCESS` into a subfolder when the watermark is this long after the end of its time: readers know that it is
    complete. `partition_by` must be a date, or a date and an hour."""

    allow_loop: bool = False
    """Accept that a source of this job reads what this sink writes. With `false` such a job is rejected, because its rows would circulate
    forever."""

    @property
    def follows_event_time(self) -> bool:
        return bool(self.success_file)

    @property
    def transactional(self) -> bool:
        return True

    @property
    def file_system(self) -> str | None:
        return file_system(self.path)

    @property
    def may_loop(self) -> bool:
        return self.allow_loop

    def dead_letters(self) -> Iterator[DeadLetter]:
        files = sorted(f for f in Path(self.path).rglob("*") if f.is_file() and not f.name.startswith((".", "_")))
        for file in files:
            with file.open(encoding="utf-8", errors="replace", newline="") as lines:
                rows = map(of_json, lines) if self.format == "json" else csv_rows(lines)
                for number, row in enumerate(rows, 1):
                    yield DeadLetter.of(f"{file.relative_to(self.path)}:{number}", row)

    @model_validator(mode="after")
    def _together(self) -> FilesSink:
        if "compression" in self.model_fields_set and self.format != "parquet":
            raise invalid(f"compression with format: {self.format}", "format: parquet", "remove compression")
        return self

    def check_dead_letters(self, sinks: Iterable[Sink]) -> None:
        if self.format == "parquet" or self.partition_by:
            key, usual = ("format", "json, csv") if self.format == "parquet" else ("partition_by", "no partition_by")
            do = "remove the key: penstock dlq reads dead letters line by line"
            raise Problem((key,), f"{key}: {getattr(self, key)} for dead letters", usual, do)

    def place(self) -> Place:
        return FilesPlace(self.path)

    def located(self, base: Path) -> FilesSink:
        return self.model_copy(update={"path": resolved(self.path, base)})

    def preflight(self) -> None:
        if remote(self.path):
            return
        try:
            os.makedirs(self.path, exist_ok=True)
        except OSError as problem:
            raise RunError(
                f"sink files: cannot create the folder {self.path}: {problem.strerror}", do="choose another path"
            ) from None
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise RunError(
                f"sink files: cannot write to the folder {self.path}: Permission denied", do="change its permissions"
            )

    def needed_jars(self) -> tuple[str, ...]:
        return (*super().needed_jars(), *(("parquet",) if self.format == "parquet" else ()))

    def check(self, rows: Columns) -> None:
        super().check(rows)
        supported_types.check_rows(self.format, rows.types)
        kinds = [rows.need(name, "partition_by", index) for index, name in enumerate(self.partition_by or ())]
        for index, kind in enumerate(kinds):
            if kind.name not in _PARTITIONS:
                found = f"a column of type {kind}, which is no name of a folder"
                raise Problem(
                    ("partition_by", index), found, ", ".join(_PARTITIONS), "convert the column in a step before"
                )
        if len(kinds) == len(rows.types):
            raise Problem(
                ("partition_by",), "every column", "at least one column that is not in partition_by", "remove one"
            )
        if self.success_file and [kind.name for kind in kinds] not in (["date"], ["date", "int"]):
            do = "compute the columns with the functions date and hour of map"
            raise Problem(("partition_by",), "columns without a time", "a date, or a date and an int (the hour)", do)

    def insert(
        self, env: TableEnvironment, statements: StatementSet, table: Table, rows: Columns, name: str, job: str,
        counter: str | None = None, route: Route | None = None,
    ) -> None:  # fmt: skip
        from pyflink.table import DataTypes
        from pyflink.table.expressions import col

        # Flink would name the folder of a date by its number of days since 1970.
        dates = [one for one in self.partition_by or () if rows.types[one].name == "date"]
        if dates:
            table = table.add_or_replace_columns(*(col(one).cast(DataTypes.STRING()).alias(one) for one in dates))
            rows = replace(rows, types={**rows.types, **dict.fromkeys(dates, Type("string"))})
        super().insert(env, statements, table, rows, name, job, counter, route)

    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        from pyflink.table import TableDescriptor

        builder = TableDescriptor.for_connector("filesystem").schema(schema).option("path", self.path)
        for key, value in {**self._format(), **self._success()}.items():
            builder.option(key, value)
        return builder.partitioned_by(*self.partition_by or ()).build()

    def _format(self) -> dict[str, str]:
        if self.format != "parquet":
            form = formats.encoder(self.format)
            return {"format": "lines", "lines.format": form, "lines.with": formats.properties(self.format)}
        # Times as numbers in UTC: what Flink writes by default is an older type, in the time zone of the machine.
        times = {"utc-timezone": "true", "write.int64.timestamp": "true", "timestamp.time.unit": "micros"}
        compression = self.compression.upper().replace("NONE", "UNCOMPRESSED")
        return {
            "format": "parquet",
            "parquet.compression": compression,
            **{f"parquet.{k}": v for k, v in times.items()},
        }

    def _success(self) -> dict[str, str]:
        if not self.success_file or not self.partition_by:
            return {}
        length = timedelta(hours=1) if len(self.partition_by) > 1 else timedelta(days=1)
        return {
            "sink.partition-commit.policy.kind": "success-file",
            "sink.partition-commit.trigger": "partition-time",
            "sink.partition-commit.delay": f"{millis(length + self.success_file)} ms",
            "partition.time-extractor.kind": "custom",
            "partition.time-extractor.class": "penstock.FolderTime",
        }
