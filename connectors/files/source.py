"""Files as a source: JSON Lines and CSV, from a file, a folder or a glob."""

from __future__ import annotations

import csv
import glob
import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.base.decoding import DecodingSource
from penstock.connectors.base.place import Place
from penstock.connectors.config.paths import FilePath, file_system, remote, resolved
from penstock.connectors.config.problems import RunError, nearest
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.config.types import Type
from penstock.connectors.files.place import GLOB, FilesPlace, glob_to_regex
from penstock.connectors.formats import options as formats

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class FilesSource(DecodingSource):
    """Read rows from JSON Lines or CSV files: one file, a folder with its subfolders, or a glob such as `in/*.jsonl`.

    Paths are relative to the job file's folder. `s3://`, `hdfs://` and similar schemes need a cluster with that file system;
    `penstock run` has none of them.

    Guarantee: exactly once for files that do not change. The position in each file is part of the checkpoint. Lines that are appended
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
    """A file, a folder or a glob. A glob contains `*`, `**` (across folders), `?` or `[...]`.
    In a folder, files whose names begin with `.` or `_` are not read."""

    format: formats.FormatName = "json"
    """Format of the files: `json` has one object per line, `csv` one row per line. Blank lines are skipped.
    A CSV row continues on the next line while a quote is open. An empty CSV cell is NULL."""

    header: bool = True
    """CSV only: the first line of each file names its columns, in any order; columns that are not in `columns` are ignored.
    With `false` there is no such line, and the cells are in the order of `columns`."""

    follow: PositiveDuration | None = None
    """Look for new files at this interval, and never end. Without it the job ends after the last row.
    Each file is read once, up to its length when it is found; lines that are appended later are never read.
    Write a file in another folder, and move it into this folder when it is complete."""

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
        text = "files.follow reads each file once and ignores lines that are appended later: move complete files into the folder"
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
            return RunError(f"source files: no file matches {self.path}", do="add files, or correct the glob")
        if root.is_dir():
            return RunError(
                f"source files: the folder {root} contains no file",
                do="add files; names that begin with . or _ do not count",
            )
        siblings = os.listdir(root.parent) if root.parent.is_dir() else []
        hint = nearest(root.name, siblings) or "correct the path (it is relative to the job file's folder)"
        return RunError(f"source files: {root} does not exist", do=hint)

    @property
    def _has_header(self) -> bool:
        return self.format == "csv" and self.header

    def _header(self, file: str) -> list[str]:
        """The column names in the first line of a CSV file. Raises RunError if a column of the source is missing."""
        try:
            # Only the header must be UTF-8 here: the decoder rejects other lines one by one.
            with open(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as opened:
                lines, again = itertools.tee(opened)
                reader = csv.reader(lines)
                names = next(reader, [])
                last = next(itertools.islice(again, max(reader.line_num - 1, 0), None), "")
            ",".join(names).encode()
        except (UnicodeEncodeError, csv.Error) as problem:
            raise RunError(
                f"source files: cannot read the header of {file}: {problem}", do="save the file as UTF-8 CSV"
            ) from None
        if last.endswith("\r"):
            raise RunError(
                f"source files: {file}:1: the header has a line end of a carriage return alone",
                do="save the file with line ends of a line feed, or of a carriage return and a line feed",
            )
        missing = [name for name in self.columns if name not in names]
        if names and missing:
            do = nearest(missing[0], names) or "correct the header, name other columns, or set header: false"
            raise RunError(
                f'source files: {file}:1: the header has no column "{missing[0]}"',
                found=", ".join(names),
                allowed=f"all of: {', '.join(self.columns)}",
                do=do,
            )
        return names

    def _physical(self) -> dict[str, Type]:
        """All columns of the files, in the files' order. A CSV header may have more columns, and in another order, than the source."""
        files = self._files() if self._has_header and not remote(self.path) else []
        headers = {tuple(names) for names in map(self._header, files) if names}
        if len(headers) > 1:
            raise RunError(
                f"source files: the {len(files)} files of {self.path} have different headers",
                found="; ".join(sorted(", ".join(names) for names in headers)[:2]),
                allowed="the same columns in the same order in each file",
                do="make the headers equal, or read the files with a source each",
            )
        names = next(iter(headers), tuple(self.columns))
        return {name: self.columns.get(name, Type("string")) for name in names}

    def table(self, env: Any, name: str, origin: bool = False) -> Any:
        if not self._has_header:
            return super().table(env, name, origin)
        from pyflink.table.expressions import col

        as_in_files = self.model_copy(update={"columns": self._physical()})
        rows = DecodingSource.table(as_in_files, env, name, origin)
        selected = {**self.stream().types, **self.guarded_columns(origin), **self.metadata(origin)}
        return rows.select(*map(col, selected))

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        from pyflink.table import TableDescriptor

        root, pattern = self.path, None
        if not remote(root) and (match := GLOB.search(root)):
            # Flink matches the pattern against the URI of a file, such as `file:/in/a.jsonl`.
            root, pattern = os.path.dirname(root[: match.start()]), ".*" + glob_to_regex(self.path)
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
