"""Config values that the Kafka source and sink share: brokers, topics, positions and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag

from penstock.connectors.config.columns import ColumnTypes
from penstock.connectors.config.invalid import as_variable, invalid
from penstock.connectors.config.model import TAG, Config
from penstock.connectors.config.problems import Problem
from penstock.connectors.formats import times
from penstock.connectors.formats.times import TimeProblem

_BOOTSTRAP = re.compile(r"[A-Za-z0-9._\[\]:-]+:\d{1,5}(,[A-Za-z0-9._\[\]:-]+:\d{1,5})*", re.ASCII)
_GROUP = re.compile(r"[A-Za-z0-9._-]{1,200}", re.ASCII)


def fits(pattern: re.Pattern[str], name: str) -> bool:
    """Whether Kafka accepts a name of a topic, a group or the like, whose form is the pattern."""
    return bool(pattern.fullmatch(name)) and name not in (".", "..")


def matching(pattern: re.Pattern[str], what: str, allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not fits(pattern, value):
            do = as_variable(value) or f"correct the {what}"
            raise invalid(f'"{value[:60]}", which is not a valid {what}', allowed, do)
        return value

    return AfterValidator(check)


def _brokers(value: str) -> str:
    for broker in value.split(","):
        _host, colon, port = broker.strip().rpartition(":")
        if "$" in broker or not broker.strip() or not re.fullmatch(r"[A-Za-z0-9._\[\]:-]+", broker.strip(), re.ASCII):
            break
        found = f'"{broker[:60]}"'
        if not colon or (not port.isdigit() and port):
            raise invalid(
                f"{found}, a broker without a port", "host:port", f"write {broker.strip()[:60]}:9092, or another port"
            )
        if not port.isdigit() or not 1 <= int(port[:9]) <= 65535:
            raise invalid(f"{found}, whose port is not from 1 to 65535", "host:port", "correct the port")
        if broker != broker.strip():
            without = ",".join(part.strip() for part in value.split(","))
            raise invalid(f'"{value[:60]}", which contains a space', "host:port,host:port", f"write {without}"[:200])
    return value


Bootstrap = Annotated[
    str, AfterValidator(_brokers), matching(_BOOTSTRAP, "broker list", "host:port, or several with commas between")
]
_HEADER = re.compile(r"[\x20-\x7e]{1,200}")
HeaderName = Annotated[str, matching(_HEADER, "header name", "1 to 200 ASCII characters without control characters")]
Group = Annotated[str, matching(_GROUP, "consumer group", "letters, digits, . _ and -, at most 200")]


def _not_a_number(value: object) -> object:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) in (10, 13)):
        return value
    timestamp = times.EPOCH + timedelta(milliseconds=int(text) * (1 if len(text) == 13 else 1000))
    unit = "milliseconds" if len(text) == 13 else "seconds"
    written = timestamp.isoformat(timespec="milliseconds" if timestamp.microsecond else "seconds").replace(
        "+00:00", "Z"
    )
    raise invalid(
        f"the number {text}",
        "a timestamp with a time zone, as a text",
        f'write "{written}", which is {text} {unit} since 1970',
    )


class At(Config):
    """A position in each partition, by the timestamps of its records."""

    timestamp: Annotated[str, BeforeValidator(_not_a_number)]
    """A timestamp with a time zone, such as `2026-01-31T12:00:00Z`.
    It stands for the first record in each partition with this timestamp or a later one."""

    @property
    def millis(self) -> int:
        """Milliseconds since 1970-01-01 UTC, rounded up."""
        return -((times.EPOCH - times.instant(self.timestamp)) // timedelta(milliseconds=1))

    def check(self, *path: str) -> None:
        """Check that the text is a timestamp. Raises Problem at `path`."""
        try:
            times.instant(self.timestamp)
        except TimeProblem as problem:
            raise Problem(
                (*path, "timestamp"),
                f'"{self.timestamp[:60]}", which is not a timestamp: {problem}',
                times.EXAMPLES["timestamp_ltz"],
                "write the timestamp in this form, with a time zone",
            ) from None


def _position(value: object) -> str:
    return f"{TAG}at" if isinstance(value, (dict, At)) else f"{TAG}word"


Start = Annotated[
    Annotated[Literal["earliest", "latest", "group"], Tag(f"{TAG}word")] | Annotated[At, Tag(f"{TAG}at")],
    Discriminator(_position),
]
Until = Annotated[
    Annotated[Literal["latest", "group"], Tag(f"{TAG}word")] | Annotated[At, Tag(f"{TAG}at")], Discriminator(_position)
]


class Key(Config):
    """How a record's key is decoded."""

    written: ClassVar[str] = "{columns: {id: string}}"

    columns: ColumnTypes
    """Columns of the key: column name to type. In the rows they come before the columns of the value."""

    format: Literal["json", "csv", "raw"] = "raw"
    """Format of the key: `raw` (one column of string, bytes or a number), `json` (an object) or `csv`."""


def descriptor(connector: str, schema: Any, bootstrap: str, options: Mapping[str, str]) -> Any:
    """Return the descriptor of a Flink table with this connector, schema and these options."""
    from pyflink.table import TableDescriptor

    builder = TableDescriptor.for_connector(connector).schema(schema).option("properties.bootstrap.servers", bootstrap)
    for key, value in options.items():
        builder.option(key, value)
    return builder.build()
