"""Files as a source: JSON Lines and CSV; a file, a folder, a glob."""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.base.paths import FilePath, file_system, remote, resolved
from penstock.connectors.base.place import Place
from penstock.connectors.base.problems import RunError, nearest
from penstock.connectors.base.quantities import PositiveDuration, millis
from penstock.connectors.base.types import Type
from penstock.connectors.dead_letter.decoding import DecodingSource
from penstock.connectors.files.place import GLOB, FilesPlace, glob_to_regex
from penstock.connectors.formats import options as formats

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class FilesSource(DecodingSource):
    """Rows from JSON Lines or CSV files: one file, a folder (with the folders in it), or a glob such as `in/*.jsonl`.

    Paths are relative to the job file's folder; `s3://`, `hdfs://` and their like need a cluster that
    has such a file system; `penstock run` has none.

    Guarantee: exactly once for files that do not change; the position in each file is part of the checkpoint. Lines that are appended
    to a file after it was found are not read.
    """

    origin_metadata: ClassVar[Mapping[str, str]] = {"penstock_source": "file.path"}
    example: ClassVar[str] = """\
path: NAME.jsonl
columns: {id: bigint, customer: string, amount: double, at: timestamp_ltz(3)}
event_time: {column: at, out_of_order: 5 s}
"""
    example_files: ClassVar[Mapping[str, str]] = {
        "NAME.jsonl": """\
{"id": 1, "customer": "ada", "amount": 12.5, "at": "2026-01-01T00:00:00Z"}
{"id": 2, "customer": "ben", "amount": 3.0, "at": "2026-01-01T00:00:20Z"}
{"id": 3, "customer": "ada", "amount": 7.5, "at": "2026-01-01T00:01:10Z"}
"""
    }

    path: FilePath
    """A file, a folder or a glob."""

    format: formats.FormatName = "json"
    """`json` is one object a line; `csv` one row a line (or several, where a quote is open at the line's end), in which an empty
    cell is NULL. A blank line is no row."""

    header: bool = True
    """CSV: the first line of each file names its columns. Without it the columns come in the order written here."""

    follow: PositiveDuration | None = None
    """Look for new files this often, for ever. Without it the job ends with the last row. A file is read once, up to the length that it
    has when it is found: what is appended to it later is never read. Write a file elsewhere and move it into the folder when it is
    complete."""

    @property
    def bounded(self) -> bool:
        return self.follow is None

    @property
    def file_system(self) -> str | None:
        return file_system(self.path)

    def decoded(self) -> dict[str, tuple[Type, str]]:
        return {name: (kind, self.format) for name, kind in self.columns.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        text = "files.follow reads each new file once, not lines that are appended to it later: move complete files into the folder"
        return (text,) if self.follow else ()

    def located(self, base: Path) -> FilesSource:
        return self.model_copy(update={"path": resolved(self.path, base)})

    def place(self) -> Place:
        return FilesPlace(self.path)

    def preflight(self) -> None:
        if remote(self.path):
            return
        files = self._files()
        if not files and self.bounded:
            raise self._missing()
        for file in files[:1000]:
            try:
                with open(file, "rb") as opened:
                    opened.read(1)
            except OSError as problem:
                raise RunError(
                    f"source files: cannot read {file}: {problem.strerror}", do="change its permissions"
                ) from None
        if self._has_header:
            for file in files:
                self._header(file)

    def _files(self) -> list[str]:
        root = Path(self.path)
        if GLOB.search(self.path):
            return sorted(f for f in glob.glob(self.path, recursive=True) if os.path.isfile(f))
        if not root.is_dir():
            return [self.path] if root.exists() else []
        if not os.access(root, os.R_OK | os.X_OK):
            raise RunError(
                f"source files: cannot read the folder {root}: Permission denied", do="change its permissions"
            )
        walk = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
        return sorted(f for f in walk if not os.path.basename(f).startswith((".", "_")))

    def _missing(self) -> RunError:
        root = Path(self.path)
        if GLOB.search(self.path):
            return RunError(f"source files: no file matches {self.path}", do="put files there, or correct the glob")
        if root.is_dir():
            return RunError(f"source files: the folder {root} holds no file", do="put files there")
        there = os.listdir(root.parent) if root.parent.is_dir() else []
        hint = nearest(root.name, there) or "correct the path (it is relative to the job file's folder)"
        return RunError(f"source files: {root} does not exist", do=hint)

    @property
    def _has_header(self) -> bool:
        return self.format == "csv" and self.header

    def _header(self, file: str) -> list[str]:
        """The column names of a CSV file's first line, every column of ours among them."""
        try:
            with open(file, encoding="utf-8-sig", newline="") as opened:
                names = next(csv.reader(opened), [])
        except (UnicodeDecodeError, csv.Error) as problem:
            raise RunError(
                f"source files: the header of {file} cannot be read: {problem}", do="save it as UTF-8"
            ) from None
        missing = [name for name in self.columns if name not in names]
        if names and missing:
            do = nearest(missing[0], names) or "correct the header, name other columns, or say header: false"
            raise RunError(
                f'source files: {file}:1: the header has no column "{missing[0]}"',
                found=", ".join(names),
                allowed=f"all of: {', '.join(self.columns)}",
                do=do,
            )
        return names

    def _physical(self) -> dict[str, Type]:
        """The columns in the file's order: a CSV header may have others, and another order."""
        files = self._files() if self._has_header and not remote(self.path) else []
        headers = {tuple(names) for names in map(self._header, files) if names}
        if len(headers) > 1:
            raise RunError(
                f"source files: {len(files)} files under {self.path} have different headers",
                do="give them the same columns in the same order, or a job each",
            )
        names = next(iter(headers), tuple(self.columns))
        return {name: self.columns.get(name, Type("string")) for name in names}

    def table(self, env: Any, name: str, origin: bool = False) -> Any:
        if not self._has_header:
            return super().table(env, name, origin)
        from pyflink.table.expressions import col

        as_in_files = self.model_copy(update={"columns": self._physical()})
        rows = DecodingSource.table(as_in_files, env, name, origin)
        wanted = {**self.stream().types, **self.own_columns(origin), **self.metadata(origin)}
        return rows.select(*map(col, wanted))

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        from pyflink.table import TableDescriptor

        root, pattern = self.path, None
        if not remote(root) and (match := GLOB.search(root)):
            root, pattern = os.path.dirname(root[: match.start()]), glob_to_regex(self.path)
        kind = "penstock-csv" if self.format == "csv" else "guarded"
        options = {"path": root, "format": kind, **self.guarded(self.format, self.required(), kind)}
        options[f"{kind}.skip-empty"] = "true"
        options[f"{kind}.event-time"] = self.event_time.column if self.event_time else ""
        if self.format == "csv":
            options[f"{kind}.header"] = str(self.header).lower()
        if pattern:
            options["source.path.regex-pattern"] = pattern
        if self.follow:
            options["source.monitor-interval"] = f"{millis(self.follow)} ms"
        builder = TableDescriptor.for_connector("filesystem").schema(schema)
        for key, value in options.items():
            builder.option(key, value)
        return builder.build()
