"""Options of record formats, chosen so that each record is either decoded correctly or reported as an error."""

from __future__ import annotations

from typing import Literal

FormatName = Literal["json", "csv"]
TEXTS = ("json", "csv")
"""Formats whose values are texts. The guarded format converts them (`TextValue.java`) instead of Flink."""
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "=": "\\=", ":": "\\:", " ": "\\ "})
_ENCODERS = {"json": "penstock-json"}
_OPTIONS = {"avro": {"timestamp_mapping.legacy": "false"}, "csv": {"null-literal": ""}}
"""Options of Flink's formats. JSON is decoded and encoded by Penstock, without options.

In CSV an empty cell is NULL, also in a text column, because CSV cannot express NULL otherwise. The legacy timestamp mapping of Avro is off,
so that a timestamp_ltz is a timestamp-millis, and a timestamp a local-timestamp-millis.
"""


def encoder(name: str) -> str:
    """Flink's name of the format that writes the format `name`. JSON has an encoder of its own (`JsonFormatFactory.java`)."""
    return _ENCODERS.get(name, name)


def encoding(name: str, prefix: str = "") -> dict[str, str]:
    """Table options of a sink that writes the format `name`, each key after `prefix`."""
    options = {f"{prefix}{name}.{key}": value for key, value in _OPTIONS.get(name, {}).items()}
    return {f"{prefix}format": encoder(name), **options}


def properties(name: str) -> str:
    """The options of the format `name`, without its prefix, as the text of a Java properties file.

    Penstock's own formats receive the options of the format that they wrap in this form, as one option.
    """
    return "".join(f"{key}={value.translate(_ESCAPED)}\n" for key, value in _OPTIONS.get(name, {}).items())
