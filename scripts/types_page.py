"""Generate the page on column types: `python -m penstock.scripts.reference` writes docs/types.md."""

from __future__ import annotations

from penstock.connectors.base.types import ALIASES, INTEGERS

# type -> its values, its form in JSON (and YAML rows), in CSV and in Avro, and the Python type that a function receives
ROWS: dict[str, tuple[str, str, str, str, str]] = {
    "string": ("any text", "text", "text", "string", "str"),
    "char": ("`char(n)`: a text of n characters", "text", "text", "string", "str"),
    "varchar": ("`varchar(n)`: a text of at most n characters", "text", "text", "string", "str"),
    "boolean": ("true or false", "`true`", "`true`", "boolean", "bool"),
    **{name: (f"{-(1 << bits - 1):,} to {(1 << bits - 1) - 1:,}", "whole number", "whole number", "long" if bits == 64 else "int", "int")
       for name, bits in INTEGERS.items()},
    "float": ("32 bits, about 7 digits", "number", "number", "float", "float"),
    "double": ("64 bits, about 15 digits", "number", "number", "double", "float"),
    "decimal": ("`decimal(p, s)`: p digits (1 to 38), s of them after the point; exact. `decimal` is `decimal(10, 0)`", "number", "number",
                "bytes, decimal", "decimal.Decimal"),
    "bytes": ("any bytes", "text in base64", "text in base64", "bytes", "bytes"),
    "date": ("a day", '`"2026-01-31"`', "`2026-01-31`", "int, date", "datetime.date"),
    "time": ("a time of day, in seconds", '`"12:00:00"`', "`12:00:00`", "int, time-millis", "datetime.time"),
    "timestamp": ("`timestamp(d)`: date and time without a zone, d digits of a second (0 to 9, 3 when left out)",
                  '`"2026-01-31T12:00:00.5"`', "the same text", "long, timestamp-millis (d at most 3)", "datetime.datetime"),
    "timestamp_ltz": ("`timestamp_ltz(d)`: a point in time, shown in UTC", '`"2026-01-31T12:00:00.5Z"`', "the same text",
                      "long, timestamp-millis (d at most 3)", "datetime.datetime"),
    "array": ("`array<type>`", "list", "not supported by every reader; use JSON", "array", "list"),
    "map": ("`map<string, type>`", "object", "not supported by every reader; use JSON", "map", "dict"),
    "row": ("`row<a int, b string>`", "object", "not supported by every reader; use JSON", "record", "pyflink.common.Row"),
}  # fmt: skip


def page() -> str:
    """Return the page."""
    lines = [
        "# Types",
        "",
        "After this page you can choose the type of each column (`python -m penstock.scripts.reference` writes it from the code).",
        "",
        "A type is written in lower case, as in Flink SQL. `not null` behind it says that a value must be present. A type with a comma is",
        'quoted inside YAML\'s braces: `{price: "decimal(10, 2)"}`. Values that do not fit are undecodable records: the job fails, or with',
        "`on_error: dead_letter` they go to the dead letter queue.",
        "",
        "| type | holds | JSON | CSV | Avro | a Python function receives |",
        "|---|---|---|---|---|---|",
        *(f"| `{name}` | {' | '.join(cells)} |" for name, cells in ROWS.items()),
        "",
        "Which texts and numbers are dates, times and timestamps: [times in records](times.md).",
        "The column of event time is `timestamp` or `timestamp_ltz` of at most 3 digits, or a `bigint` with `unit` in `event_time`.",
        "A NULL is `None` in Python.",
        "",
        "## Names of other systems",
        "",
        "Penstock does not accept these names of other systems. The error for each name contains the replacement.",
        "",
        "| written elsewhere | write |",
        "|---|---|",
        *(f"| `{alias}` | `{ours}` |" for alias, ours in sorted(ALIASES.items())),
        "| `timestamp with time zone` | `timestamp_ltz(3)` |",
        "| `timestamp without time zone` | `timestamp(3)` |",
    ]
    return "\n".join(lines) + "\n"
