"""A folder of files as a sink: JSON Lines and CSV."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.place import Place
from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.paths import FilePath, file_system, remote, resolved
from penstock.connectors.config.problems import RunError
from penstock.connectors.dead_letter.schema import DeadLetter, csv_rows, of_json
from penstock.connectors.files.place import FilesPlace
from penstock.connectors.formats import options as formats
from penstock.connectors.formats import supported_types

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class FilesSink(Sink):
    """Write rows as JSON Lines or CSV files into a folder. Each subtask writes a file for each checkpoint in which it received rows.

    A file becomes visible when its checkpoint completes, when the job is stopped, or when the job finishes. Until then its name begins
    with a dot; readers must skip such names. A longer `flink.checkpoint` makes files larger, and visible later.

    Guarantee: exactly once. After a failure an unfinished file may remain under its hidden name; its rows are written again.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(keeps_dead_letters=True)
    example: ClassVar[str] = "path: NAME_output\n"

    path: FilePath
    """The folder, relative to the job file's folder. It is created if it does not exist."""

    format: formats.FormatName = "json"
    """Format of the files: `json` (JSON Lines), or `csv` without a header line (a `files` source reads it with `header: false`)."""

    allow_loop: bool = False
    """Accept that a source of this job reads what this sink writes. With `false` such a job is rejected, because its rows would circulate
    forever."""

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

    def check(self, rows: Columns) -> None:
        super().check(rows)
        supported_types.check_rows(self.format, rows.types)

    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        from pyflink.table import TableDescriptor

        builder = TableDescriptor.for_connector("filesystem").schema(schema).option("path", self.path)
        options = {
            "format": "lines",
            "lines.format": formats.encoder(self.format),
            "lines.with": formats.properties(self.format),
        }
        for key, value in options.items():
            builder.option(key, value)
        return builder.build()
