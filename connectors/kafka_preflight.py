"""A look at the brokers before a run: do they answer, and are the topics there?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from connectors.problems import RunError, nearest

_WAIT_MS = 5000


def check_topics(who: str, bootstrap: str, topics: Sequence[str], properties: Mapping[str, Any]) -> None:
    """Raise RunError when no broker answers within 5 s or a topic is missing.

    Skipped for brokers that want TLS or a password: their secrets are references, known only where the job runs.
    """
    if properties.get("security.protocol", "PLAINTEXT") != "PLAINTEXT":
        return
    with closing(admin(who, bootstrap)) as client:
        there = list(client.list_topics())
    for topic in topics:
        if topic not in there:
            shown = ", ".join(sorted(t for t in there if not t.startswith("__"))[:20]) or "none"
            hint = nearest(topic, there) or f"penstock topics create {topic} --bootstrap {bootstrap}"
            raise RunError(f'{who}: the topic "{topic}" does not exist on {bootstrap}', found=shown, do=hint)


def admin(who: str, bootstrap: str) -> Any:
    """A kafka-python admin client. Raises RunError when no broker answers."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        return KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","),
            bootstrap_timeout_ms=_WAIT_MS,
            request_timeout_ms=_WAIT_MS,
        )
    except (KafkaError, ValueError, OSError, AssertionError) as problem:
        raise RunError(
            f"{who}: no Kafka broker answers at {bootstrap} ({type(problem).__name__})",
            do="start one (penstock stack up), or mend bootstrap",
        ) from None
