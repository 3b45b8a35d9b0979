"""Formats of records, with the options that keep every record or fail loudly."""

from __future__ import annotations

from typing import Literal

FormatName = Literal["json", "csv"]
TEXTS = ("json", "csv")
"""Formats in which times are texts or numbers, which our own format reads."""
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "=": "\\=", ":": "\\:", " ": "\\ "})


def options(name: str, prefix: str = "") -> dict[str, str]:
    """Flink's options of a format. Times are written in ISO 8601, a record that cannot be read is an error.

    An empty CSV cell is NULL, also in a text column: CSV has no other way to say it.

    The streaming JSON parser is off: with it a repeated key turns the fields after it into NULL and says nothing. Avro's schema follows
    from the columns; without its legacy mapping a timestamp_ltz is a timestamp-millis, and a timestamp a local-timestamp-millis.
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
    """The same options as the text of a Java properties file: a format of ours takes those of the format that it wraps in one option."""
    pairs = options(name).items()
    return "".join(f"{key.removeprefix(f'{name}.')}={value.translate(_ESCAPED)}\n" for key, value in pairs)
