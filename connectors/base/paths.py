"""Paths in a job file: relative to its folder, with `~`; a path with a scheme (`s3://`) is taken as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from penstock.connectors.base.invalid import as_variable, invalid

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _writable(path: str) -> str:
    if found := _CONTROL.search(path):
        raise invalid(f"a path with the character {found[0]!r}", "a path without control characters", "take it out")
    if do := as_variable(path):
        raise invalid(f'"{path[:60]}"', "a path; a variable is written ${NAME}", do)
    return path


FilePath = Annotated[
    str, Field(min_length=1, max_length=4096), AfterValidator(_writable), AfterValidator(lambda path: _served(path))
]
"""A path as it is written in a job file."""


_SCHEMES = ("file", "s3", "s3a", "s3p", "hdfs", "viewfs", "gs", "oss", "abfs", "abfss", "wasb", "wasbs")
"""What Flink has a file system for: in itself, as a plug-in, or through Hadoop."""


def _served(path: str) -> str:
    if (scheme := file_system(path)) and scheme not in _SCHEMES:
        allowed = f"a path, or one that begins with {', '.join(f'{name}://' for name in _SCHEMES)}"
        raise invalid(
            f'"{path[:60]}": Flink has no file system for {scheme}://',
            allowed,
            "put the files where Flink can read them",
        )
    return path


def file_system(path: str) -> str | None:
    """The scheme of a path that needs a file system which this machine's Flink does not have."""
    scheme = path.split("://", maxsplit=1)[0] if remote(path) else "file"
    return None if scheme == "file" else scheme


def remote(path: str) -> bool:
    """Whether a path has a scheme, so that only Flink can look there."""
    return bool(_REMOTE.match(path))


def resolved(path: str, base: Path) -> str:
    """The path against the job file's folder. A `~somebody` that nobody is stays as it is."""
    return path if remote(path) else os.path.normpath(base / os.path.expanduser(path))
