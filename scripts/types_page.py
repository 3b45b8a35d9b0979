"""Generate the page on column types: `python -m penstock.scripts.reference` writes docs/types.md."""

from __future__ import annotations

from penstock.connectors.config.types import ALIASES, INTEGERS

# type -> its values, its form in JSON (and YAML rows), in CSV and in Avro, and the Python type that a function receives
ROWS: dict[str, tuple[str, str, str, str, str]] = {
    "string": ("any text", "text", "text", "string", "str"),
    "char": ("`char(n)`: a text of exactly n characters", "text", "text", "string", "str"),
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
    "time": ("a time of day, to the second", '`"12:00:00"`', "`12:00:00`", "int, time-millis", "datetime.time"),
    "timestamp": ("`timestamp(d)`: a date and a time without a zone, with d fractional digits of the second (0 to 9, 3 by default)",
                  '`"2026-01-31T12:00:00.5"`', "the same text", "long, local-timestamp-millis (d at most 3)", "datetime.datetime"),
    "timestamp_ltz": ("`timestamp_ltz(d)`: a point in time with d fractional digits of the second (0 to 9, 3 by default), written in UTC",
                      '`"2026-01-31T12:00:00.5Z"`', "the same text",
                      "long, timestamp-millis (d at most 3)", "datetime.datetime"),
    "array": ("`array<type>`", "list", "use JSON: not every reader of CSV supports it", "array", "list"),
    "map": ("`map<string, type>`", "object", "not allowed: CSV cannot express it", "map", "dict"),
    "row": ("`row<a int, b string>`", "object", "use JSON: not every reader of CSV supports it", "record", "pyflink.common.Row"),
}  # fmt: skip


def page() -> str:
    """Return the page."""
    lines = [
        "# Types",
        "",
        "After this page you can choose the type of each column. `python -m penstock.scripts.reference` generates the page from the code.",
        "",
        "The types are those of Flink SQL, written in lower case. `not null` after a type requires a value: `string not null`. Inside the",
        'braces of YAML, quote a type that contains a comma: `{price: "decimal(10, 2)"}`. A record with a value that does not fit its type',
        "is an undecodable record: it fails the job, or with `on_error: dead_letter` it goes to the dead letter queue.",
        "",
        "The columns JSON, CSV and Avro show how a record contains a value. The last column is the Python type that a",
        "[function of your own](jobs/map.md) receives.",
        "",
        "| type | holds | JSON | CSV | Avro | Python |",
        "|---|---|---|---|---|---|",
        *(f"| `{name}` | {' | '.join(cells)} |" for name, cells in ROWS.items()),
        "",
        "- [Times in records](times.md) explains which texts and numbers are dates, times and timestamps.",
        "- The event-time column is a `timestamp` or `timestamp_ltz` with at most 3 fractional digits, or a `bigint` together with `unit`.",
        "- NULL is `null` in JSON, an empty cell in CSV, and `None` in Python. In Avro a column without `not null` is a union with null.",
        "",
        "## How JSON and CSV are decoded",
        "",
        "No value is changed silently. A value that its type cannot hold makes the record undecodable, and the error names the column, the",
        "value and what was expected: a number outside the range, a fraction in an `int`, a text that is longer than `varchar(n)`.",
        "Penstock has its own decoder for this, because Flink's decoders replace such values by NULL, 0 or false.",
        "",
        '- A number may be quoted in JSON: `"5"`. A whole number may have a fraction of zeros or an exponent: `5.0`, `5e3`.',
        "- A number with more digits after the point than a `decimal(p, s)` has is rounded half up. Too many digits before the point",
        "  are an error.",
        "- `float` and `double` also accept `NaN`, `Infinity` and `-Infinity`.",
        "- A `boolean` is `true` or `false`, in upper or lower case, quoted or not.",
        "- A text column in JSON also accepts other values, and keeps their characters: `1.50` stays `1.50`, an object stays its JSON.",
        "- The length of `char` and `varchar` is counted in Unicode code points.",
        "- A JSON text may contain control characters, such as a tab, without an escape. Otherwise a record must be valid JSON.",
        "- A text must be valid Unicode: bytes that are not UTF-8, and half of a surrogate pair in an escape, make the record undecodable.",
        "- A CSV record is one row. A line end outside of quotes, before the end of the record, makes the record undecodable.",
        "- A JSON record is one object, or a list of objects, which are one row each. Keys without a column are skipped. Anything after",
        "  the object makes the record undecodable.",
        "- Of a repeated key in JSON, the last value counts: in a record, a `row` and a `map`.",
        "",
        "## Names of other systems",
        "",
        "Penstock does not accept these type names of other systems. The error for each of them names the type to write.",
        "",
        "| written elsewhere | write |",
        "|---|---|",
        *(f"| `{alias}` | `{ours}` |" for alias, ours in sorted(ALIASES.items())),
        "| `timestamp with time zone` | `timestamp_ltz(3)` |",
        "| `timestamp without time zone` | `timestamp(3)` |",
    ]
    return "\n".join(lines) + "\n"
