"""References to secrets, which are resolved where the job runs: by Kafka's config providers, and by `java/penstock/Secrets.java`.

`${env:NAME}` is an environment variable, `${file:/path:key}` a key of a properties file, `${directory:/path:name}` a whole file. If the
variable or key does not exist, Kafka silently uses the text of the reference itself. Therefore references are checked before a job starts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import RunError

REFERENCE = re.compile(
    r"\$\{(?:env:(?P<variable>[A-Za-z_][A-Za-z0-9_]*)|(?P<kind>file|directory):(?P<path>/[\w./-]+):(?P<key>[\w.-]+))\}",
    re.ASCII,
)


class NotHere(RunError):
    """A secret, or a file with certificates, is not available on this machine. It may be available where the job runs."""


def _reference(value: object) -> str:
    if isinstance(value, str) and REFERENCE.fullmatch(value):
        return value
    raise invalid(
        "a secret in the job file itself (not shown here), which would appear in plans and logs",
        "a reference: ${env:NAME}, ${file:/path/client.properties:key} or ${directory:/path:file}",
        "write a reference (${env:NAME}, not ${NAME}): it is resolved where the job runs",
    )


Secret = Annotated[str, BeforeValidator(_reference)]


def _path(value: str) -> str:
    if not re.fullmatch(r"/[\w./ -]+", value) or ".." in value.split("/"):
        allowed = "an absolute path without .., of letters, digits, spaces and . _ - /"
        raise invalid(
            f'"{value[:80]}"', allowed, "write the absolute path of the file on the machines that run the job"
        )
    return value


def _name(value: str) -> str:
    whole = REFERENCE.fullmatch(value)
    if not whole and (not value or "${" in value or not value.isprintable()):
        allowed = "a name, or one reference such as ${env:NAME}"
        raise invalid(f'"{value[:60]}"', allowed, "write only the name, or only the reference")
    return value


AbsolutePath = Annotated[str, AfterValidator(_path)]
"""An absolute path on every machine that runs the job."""

Name = Annotated[str, AfterValidator(_name)]
"""A name, or a reference to it."""


def resolved(value: str, environ: Mapping[str, str] = os.environ) -> str:
    """Resolve a reference to its secret. Any other text is returned unchanged.

    Raises NotHere if the secret does not exist, is empty or ends with a line break. The error names the reference and shows no secret.
    """
    match = REFERENCE.fullmatch(value)
    if not match:
        return value
    if match["variable"]:
        found, what = environ.get(match["variable"], ""), f"the environment variable {match['variable']}"
        do = f"export {match['variable']}=... where the job runs"
    else:
        path = Path(match["path"]) if match["kind"] == "file" else Path(match["path"]) / match["key"]
        what = f"the key {match['key']} in {path}" if match["kind"] == "file" else f"the file {path}"
        do = "write the secret there"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "not UTF-8"
            raise NotHere(f"the secret {value} cannot be read", f"{path}: {reason}", do=do) from None
        found = properties(text).get(match["key"], "") if match["kind"] == "file" else text
    if not found:
        raise NotHere(f"the secret {value} is not set", f"{what} does not exist, or is empty", do=do)
    if found != found.rstrip("\r\n"):
        raise NotHere(
            f"the secret {value} ends with a line break", what, do="write it without one: use printf, not echo"
        )
    return found


_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def properties(text: str) -> dict[str, str]:
    """Parse a Java properties file: `key=value`, `key: value` or `key value`, comments, continued lines and escapes."""
    found: dict[str, str] = {}
    joined = re.sub(r"(?<!\\)((?:\\\\)*)\\\r?\n[ \t\f]*", r"\1", text)
    for line in joined.splitlines():
        line = line.lstrip(" \t\f")
        if match := re.match(r"(?![#!])((?:\\.|[^\\=: \t\f])+)[ \t\f]*[=:]?[ \t\f]*(.*)", line):
            found[_unescaped(match[1])] = _unescaped(match[2])
    return found


def _unescaped(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        return chr(int(match[1][1:], 16)) if len(match[1]) > 1 else _ESCAPES.get(match[1], match[1])

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", plain, text)
