"""The files that a path of a job file stands for: one file, a folder, or a glob."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import ClassVar

from penstock.connectors.base.place import Place
from penstock.connectors.config.paths import remote

GLOB = re.compile(r"[*?\[]")
"""Matches the characters that make a path a glob."""


@dataclass(frozen=True)
class FilesPlace(Place):
    """A file, a folder or a glob."""

    key: ClassVar[str] = "path"

    path: str

    def __str__(self) -> str:
        return f"the folder {self.path}"

    def reads(self, written: Place, ask: bool = False) -> bool:
        # A sink writes files with names such as `part-0-0` into its folder.
        if not isinstance(written, FilesPlace):
            return False
        folder = _real(written.path)
        if not remote(self.path) and GLOB.search(self.path):
            file = os.path.join(folder, "part-0-0")
            return any(re.fullmatch(glob_to_regex(glob_), file) for glob_ in {self.path, _real(self.path)})
        ours = _real(self.path)
        return folder == ours or folder.startswith(ours.rstrip("/") + "/")

    def same(self, other: Place) -> bool:
        return isinstance(other, FilesPlace) and _real(self.path) == _real(other.path)


def _real(path: str) -> str:
    """Resolve symbolic links, so that each folder has one name."""
    return path.rstrip("/") if remote(path) else os.path.realpath(path)


def glob_to_regex(pattern: str) -> str:
    """Translate a glob to a Java regular expression. `**` matches across folders, `*` and `?` within one folder."""
    pieces = re.split(r"(\*\*/?|\*|\?|\[[^\]]+\])", pattern)
    wildcards = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        wildcards.get(piece)
        or (piece.replace("[!", "[^") if piece.startswith("[") and len(piece) > 1 else _quoted(piece))
        for piece in pieces
    )


def _quoted(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9/_-]", lambda found: "\\" + found[0], text)
