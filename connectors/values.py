"""Rows written in the job file itself: for first tries, examples and tests."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.problems import Problem, nearest
from penstock.connectors.base.source import Source
from penstock.connectors.formats import codec
from penstock.connectors.formats import options as formats
from penstock.connectors.runtime.home import cache_dir
from penstock.connectors.runtime.jars import writable

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class ValuesSource(Source):
    """The rows that stand under `rows`, each a mapping of column to value, or a list of values in the columns' order.

    Guarantee: exactly once. The rows go through a file on this machine: for local runs, and a cluster that runs here.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(this_machine=True)
    example: ClassVar[str] = """\
columns: {id: bigint, customer: string, amount: double, at: timestamp_ltz(3)}
event_time: {column: at, out_of_order: 5 s}
rows:
  - [1, ada, 12.5, "2026-01-01T00:00:00Z"]
  - [2, ben, 3.0, "2026-01-01T00:00:20Z"]
  - [3, ada, 7.5, "2026-01-01T00:01:10Z"]
"""

    rows: list[dict[str, Any] | list[Any]]
    """The rows, in order."""

    @property
    def bounded(self) -> bool:
        return True

    def check(self) -> None:
        time = self.event_time.column if self.event_time else None
        for index, row in enumerate(self.held_rows()):
            if time and row[time] is None:
                found, do = f"no {time}, which is the event time", "write the row's time, or leave out event_time"
                raise Problem(("rows", index), found, f"a value of {self.columns[time]}", do)

    def held_rows(self) -> list[dict[str, Any]]:
        """The rows as Python values. Raises Problem at the first that does not fit."""
        return [self._row(index, row) for index, row in enumerate(self.rows)]

    def _row(self, index: int, row: dict[str, Any] | list[Any]) -> dict[str, Any]:
        if isinstance(row, list):
            if len(row) != len(self.columns):
                raise Problem(
                    ("rows", index),
                    f"{len(row)} values",
                    f"{len(self.columns)}: {', '.join(self.columns)}",
                    "one value a column",
                )
            pairs: list[tuple[str | int, str, Any]] = [
                (i, c, v) for i, (c, v) in enumerate(zip(self.columns, row, strict=True))
            ]
        else:
            pairs = [(column, column, row.get(column)) for column in self.columns]
            for name in row:
                if name not in self.columns:
                    do = nearest(str(name), self.columns) or "take it out, or add it to columns"
                    raise Problem(
                        ("rows", index, name), f'"{name}", which is no column', ", ".join(self.columns), do, at_key=True
                    )
        decoded = {}
        for key, column, value in pairs:
            try:
                decoded[column] = codec.decode(value, self.columns[column])
            except ValueError as problem:
                path = ("rows", index, key) if isinstance(row, list) or key in row else ("rows", index)
                raise Problem(path, f"{column}: {problem}", str(self.columns[column]), "correct the value") from None
        return decoded

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        from pyflink.table import TableDescriptor

        folder = self._written()
        builder = TableDescriptor.for_connector("filesystem").schema(schema)
        builder = builder.option("path", str(folder)).option("format", "json")
        for key, value in formats.options("json").items():
            builder.option(key, value)
        return builder.build()

    def _written(self) -> Path:
        """A folder in the cache with the rows as one file; equal rows are written once."""
        lines = [
            json.dumps({name: codec.encode(value) for name, value in row.items()}) + "\n" for row in self.held_rows()
        ]
        content = "".join(lines).encode()
        folder = cache_dir() / "values" / hashlib.sha256(content).hexdigest()[:16]
        if not folder.is_dir():
            with writable(folder.parent) as scratch:
                made = Path(scratch) / "rows"
                made.mkdir()
                (made / "rows.jsonl").write_bytes(content)
                with contextlib.suppress(OSError):  # another run was first: its file is the same
                    made.rename(folder)
        return folder
