"""The contract of a dead letter: the same columns for every reason and every sink."""

from __future__ import annotations

from connectors.base.columns import Columns
from connectors.base.types import Type, parse

LETTER = Columns(
    {
        name: parse(kind)
        for name, kind in {
            "reason": "string",
            "error": "string",
            "source": "string",
            "partition": "int",
            "offset": "bigint",
            "timestamp": "timestamp_ltz(3)",
            "headers": "string",
            "key": "bytes",
            "raw": "bytes",
            "row": "string",
            "job": "string",
            "version": "string",
            "step": "string",
            "at": "timestamp_ltz(3)",
        }.items()
    }
)
"""Why (`reason` for machines, `error` for people); the topic or file, partition, offset and timestamp, the headers as a JSON
object of base64, key and value as the bytes that were read; the row that a step refused, as a JSON object; which job, its
version and its step, and when. What a source does not have is NULL; so is all of the origin after a step that puts rows together."""

ORIGIN: dict[str, Type] = {
    f"penstock_{name}": parse("map<string, bytes>") if name == "headers" else LETTER[name]
    for name in ("source", "partition", "offset", "timestamp", "headers", "key", "raw")
}
"""The columns that carry a row's origin through the steps, beside the job's own."""

FAILURE: dict[str, Type] = {"penstock_reason": Type("string"), "penstock_error": Type("string")}
"""The columns in which the guarded format says what is wrong with a record."""
