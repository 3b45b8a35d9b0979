"""Which topics a Kafka source reads and a Kafka sink writes: by name, by a pattern, or by a column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from penstock.connectors.base.place import Place
from penstock.connectors.config.columns import Column
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import TAG, Config, OneOrMore, one_or_list
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.config.texts import counted
from penstock.connectors.kafka.config import fits, matching
from penstock.connectors.kafka.preflight import check_pattern, check_topics, cluster_id
from penstock.connectors.kafka.security import Security

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}", re.ASCII)
TOPIC_ALLOWED = "letters, digits, . _ and -, at most 249"
Topic = Annotated[str, matching(_TOPIC, "topic name", TOPIC_ALLOWED)]
Topics = Annotated[
    list[Topic],
    one_or_list("a topic"),
    Field(min_length=1),
    OneOrMore(),
]


def is_topic(name: str) -> bool:
    """Whether Kafka accepts the name of a topic."""
    return fits(_TOPIC, name)


def _several(names: list[str]) -> list[str]:
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        raise invalid(f'"{duplicate}" twice', "each topic once", "remove one of them")
    if len(names) < 2:
        raise invalid(
            counted(len(names), "topic"), "at least two topics", "name the other topics, or write topic: NAME"
        )
    return names


class TopicOf(Config):
    """The topic of each record, by a column of its row."""

    written: ClassVar[str] = "{column: kind, allowed: [orders, refunds]}"

    column: Column
    """The text column with the name of the topic."""

    allowed: Annotated[list[Topic], AfterValidator(_several)]
    """The topics that may be written. They must exist before the job starts."""


def _no_list(value: object) -> object:
    if isinstance(value, list):
        allowed = f"one topic, or {TopicOf.written}"
        raise invalid(
            f"a list of {len(value)}", allowed, "write one sink for each topic, or name a column with the topic"
        )
    return value


TargetTopic = Annotated[
    Annotated[Topic, Tag(f"{TAG}name")] | Annotated[TopicOf, Tag(f"{TAG}of")],
    Discriminator(lambda value: f"{TAG}of" if isinstance(value, (dict, TopicOf)) else f"{TAG}name"),
    BeforeValidator(_no_list),
]
_PATTERN = re.compile(
    r"(?:[A-Za-z0-9_.-]|\\[.d]|\[\^?(?:(?!--)[A-Za-z0-9_.-])+\]|\(\?[:!=]|\((?!\?)|[)|]|[*+?](?!\+)|\{\d{1,3}(?:,\d{0,3})?\}(?!\+))*"
)
"""The part of the syntax in which a pattern for topic names means the same in Python and in Java."""


def _pattern(value: str) -> str:
    allowed = r"letters, digits and . _ - \. \d [a-z] [^a-z] * + ? {1,3} | (a|b) (?!a), as in orders-(?!test).*"
    end = _PATTERN.match(value).end()  # type: ignore[union-attr] # it matches an empty text too
    if end < len(value):
        raise invalid(f'"{value[end : end + 10]}" at character {end + 1}', allowed, "rewrite the regular expression")
    try:
        re.compile(value)
    except re.error as problem:
        raise invalid(f'"{value[:60]}": {problem}', allowed, "correct the regular expression") from None
    if not value:
        raise invalid("an empty pattern", allowed, "write a regular expression")
    return value


class TopicPattern(Config):
    """The topics whose names match a regular expression, also those that are created later."""

    written: ClassVar[str] = '{pattern: "orders-.*"}'

    pattern: Annotated[str, AfterValidator(_pattern)]
    """A regular expression for the whole name of a topic. Kafka's internal topics never match."""

    every: PositiveDuration = timedelta(minutes=5)
    """How often the job looks for new topics and partitions. It reads them from their beginning. A job with `until` does not look."""

    def matches(self, topic: str) -> bool:
        """Whether the source reads this topic."""
        return topic not in _INTERNAL and re.fullmatch(self.pattern, topic) is not None


_INTERNAL = ("__consumer_offsets", "__transaction_state", "__share_group_state")
SourceTopics = Annotated[
    Annotated[Topics, Tag(f"{TAG}names")] | Annotated[TopicPattern, Tag(f"{TAG}pattern")],
    Discriminator(lambda value: f"{TAG}pattern" if isinstance(value, (dict, TopicPattern)) else f"{TAG}names"),
]


@dataclass(frozen=True)
class TopicPlace(Place):
    """Topics of one Kafka cluster."""

    key: ClassVar[str] = "topic"

    bootstrap: str
    """The brokers, as `host:port` with commas between."""

    topics: tuple[str, ...]

    security: Security | None
    """How to log in to the brokers, and TLS."""

    pattern: TopicPattern | None = None
    """The topics are those that match this pattern."""

    def matches(self, topic: str) -> bool:
        """Whether this is one of the topics."""
        return self.pattern.matches(topic) if self.pattern else topic in self.topics

    def check(self, who: str) -> None:
        """Check that the topics exist, or that one matches. `who` begins an error message. Raises the errors of `check_topics`."""
        if self.pattern:
            check_pattern(who, self.bootstrap, self.pattern.pattern, self.matches, self.security)
        else:
            check_topics(who, self.bootstrap, self.topics, self.security)

    def options(self) -> dict[str, str]:
        """The options of a Flink table for the topics."""
        if not self.pattern:
            return {"topic": ";".join(self.topics)}
        every = f"{millis(self.pattern.every)} ms"
        return {"topic-pattern": self.pattern.pattern, "scan.topic-partition-discovery.interval": every}

    def __str__(self) -> str:
        if self.pattern:
            return f'topics that match "{self.pattern.pattern}" on {self.bootstrap}'
        return f'topic "{", ".join(self.topics)}" on {self.bootstrap}'

    def reads(self, written: Place, ask: bool = False) -> bool:
        if not isinstance(written, TopicPlace) or not any(map(self.matches, written.topics)):
            return False
        if brokers(self.bootstrap) & brokers(written.bootstrap):
            return True
        ours = cluster_id(self.bootstrap, self.security) if ask else None
        return ours is not None and ours == cluster_id(written.bootstrap, written.security)

    def same(self, other: Place) -> bool:
        return self.reads(other)


def brokers(bootstrap: str) -> set[tuple[str, int]]:
    """Hosts and ports of a broker list. All names of the loopback address count as `localhost`."""
    found = set()
    for broker in bootstrap.split(","):
        host, _, port = broker.lower().rpartition(":")
        found.add(("localhost" if host in ("127.0.0.1", "[::1]") else host.rstrip("."), int(port)))
    return found
