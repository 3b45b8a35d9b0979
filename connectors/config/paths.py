"""Paths in a job file: relative to its folder or beginning with `~`. A path with a scheme (`s3://`) is used unchanged."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from penstock.connectors.config.invalid import as_variable, invalid

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _well_formed(path: str) -> str:
    if found := _CONTROL.search(path):
        allowed = "a path without control characters"
        raise invalid(f"a path with the control character {found[0]!r}", allowed, "remove the character")
    if do := as_variable(path):
        raise invalid(f'"{path[:60]}", with a variable of the shell', "a path; a variable is written ${NAME}", do)
    return path


FilePath = Annotated[
    str,
    Field(min_length=1, max_length=4096),
    AfterValidator(_well_formed),
    AfterValidator(lambda path: _supported(path)),
]
"""A path as written in a job file."""


_SCHEMES = ("file", "s3", "s3a", "s3p", "hdfs", "viewfs", "gs", "oss", "abfs", "abfss", "wasb", "wasbs")
"""Schemes for which Flink has a file system: built in, as a plug-in, or through Hadoop."""


def _supported(path: str) -> str:
    if (scheme := file_system(path)) and scheme not in _SCHEMES:
        allowed = f"a path, or one that begins with {', '.join(f'{name}://' for name in _SCHEMES)}"
        raise invalid(
            f'"{path[:60]}": Flink has no file system for {scheme}://',
            allowed,
            "use a file system that Flink supports",
        )
    return path


def file_system(path: str) -> str | None:
    """Scheme of a path that needs a file system which the Flink of this machine does not have. None for local paths."""
    scheme = path.split("://", maxsplit=1)[0] if remote(path) else "file"
    return None if scheme == "file" else scheme


def remote(path: str) -> bool:
    """Whether a path has a scheme, so that only Flink can access it."""
    return bool(_REMOTE.match(path))


def resolved(path: str, base: Path) -> str:
    """Resolve a path against `base`, the job file's folder. `~name` stays unchanged if no user has that name."""
    return path if remote(path) else os.path.normpath(base / os.path.expanduser(path))
