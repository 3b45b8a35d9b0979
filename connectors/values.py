"""Rows in the job file itself: for first attempts, examples and tests."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.source import Source
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.formats import codec
from penstock.connectors.runtime.home import cache_dir
from penstock.connectors.runtime.jars import writable

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class ValuesSource(Source):
    """Read the rows that the job file itself contains.

    The rows are passed to Flink in a file on this machine, so the job must run here: in a local run, or on a cluster on this machine.

    Guarantee: exactly once.
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
    """The rows in order. Each is a mapping of column to value, or a list of values in the order of `columns`."""

    @property
    def bounded(self) -> bool:
        return True

    def check(self) -> None:
        time = self.event_time.column if self.event_time else None
        for index, row in enumerate(self.inline_rows()):
            if time and row[time] is None:
                found, do = f"no value of the event-time column {time}", f"write {time}, or remove event_time"
                raise Problem(("rows", index), found, f"a {self.columns[time]} in each row", do)

    def inline_rows(self) -> list[dict[str, Any]]:
        """The rows as Python values. Raises Problem at the first value that does not fit its column."""
        return [self._row(index, row) for index, row in enumerate(self.rows)]

    def _row(self, index: int, row: dict[str, Any] | list[Any]) -> dict[str, Any]:
        if isinstance(row, list):
            if len(row) != len(self.columns):
                raise Problem(
                    ("rows", index),
                    f"{len(row)} values",
                    f"{len(self.columns)}: {', '.join(self.columns)}",
                    "write one value for each column",
                )
            pairs: list[tuple[str | int, str, Any]] = [
                (i, c, v) for i, (c, v) in enumerate(zip(self.columns, row, strict=True))
            ]
        else:
            pairs = [(column, column, row.get(column)) for column in self.columns]
            for name in row:
                if name not in self.columns:
                    do = nearest(str(name), self.columns) or "remove it, or add it to columns"
                    found = f'"{name}", which is not a column'
                    raise Problem(("rows", index, name), found, ", ".join(self.columns), do, at_key=True)
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
        builder = builder.option("path", str(folder)).option("format", "guarded")
        return builder.option("guarded.format", "json").option("guarded.fail", "true").build()

    def _written(self) -> Path:
        """Write the rows into a file in a folder of the cache, and return the folder. Equal rows share one folder."""
        lines = [
            json.dumps({name: codec.encode(value) for name, value in row.items()}) + "\n" for row in self.inline_rows()
        ]
        content = "".join(lines).encode()
        folder = cache_dir() / "values" / hashlib.sha256(content).hexdigest()[:16]
        if not folder.is_dir():
            with writable(folder.parent) as scratch:
                made = Path(scratch) / "rows"
                made.mkdir()
                (made / "rows.jsonl").write_bytes(content)
                with contextlib.suppress(OSError):  # another run has just written the same file
                    made.rename(folder)
        return folder
