"""Options of record formats, chosen so that each record is either decoded correctly or reported as an error."""

from __future__ import annotations

from typing import Literal

FormatName = Literal["json", "csv"]
TEXTS = ("json", "csv")
"""Formats whose values are texts. The guarded format converts them (`TextValue.java`) instead of Flink."""
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "=": "\\=", ":": "\\:", " ": "\\ "})


def options(name: str, prefix: str = "") -> dict[str, str]:
    """Table options of Flink's format `name`, each key after `prefix`.

    Times are written in ISO 8601. In CSV an empty cell is NULL, also in a text column, because CSV cannot express NULL otherwise.

    Flink's streaming JSON parser, which only the `values` source uses, is off: with it, a repeated key silently turns the fields after
    it into NULL. The legacy timestamp mapping of Avro is off, so that a timestamp_ltz is a timestamp-millis, and a timestamp a
    local-timestamp-millis.
    """
    if name == "raw":
        return {}
    if name == "json":
        return {
            f"{prefix}json.timestamp-format.standard": "ISO-8601",
            f"{prefix}json.decode.json-parser.enabled": "false",
            f"{prefix}json.encode.decimal-as-plain-number": "true",
        }
    if name == "avro":
        return {f"{prefix}avro.timestamp_mapping.legacy": "false"}
    return {f"{prefix}csv.null-literal": ""}


def properties(name: str) -> str:
    """The options of the format `name`, without its prefix, as the text of a Java properties file.

    Penstock's own formats receive the options of the format that they wrap in this form, as one option.
    """
    pairs = options(name).items()
    return "".join(f"{key.removeprefix(f'{name}.')}={value.translate(_ESCAPED)}\n" for key, value in pairs)
