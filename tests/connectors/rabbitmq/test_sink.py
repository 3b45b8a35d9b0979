"""The keys of the sink `rabbitmq`; tests/integration/test_rabbitmq.py writes to a broker."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.rabbitmq.sink import RabbitmqSink

ROWS = Columns({"id": parse("bigint"), "kind": parse("varchar(9)")})


def _sink(**keys: Any) -> RabbitmqSink:
    return RabbitmqSink.model_validate({"url": "amqp://b", **keys})


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "neither queue nor exchange"),
        ({"queue": "q", "exchange": "e"}, "queue beside exchange"),
        ({"queue": "q", "routing_key": "k"}, "routing_key beside queue"),
        ({"exchange": "e", "create": True}, "create with exchange"),
        ({"exchange": "e", "routing_key": "k" * 256}, "at most 255 bytes"),
    ],
)
def test_keys_that_do_not_go_together(keys: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as problem:
        _sink(**keys)
    assert text in str(problem.value.errors(include_input=False, include_context=True))


def test_the_columns_of_the_keys_exist_and_a_routing_key_is_a_text() -> None:
    for keys in ({"queue": "q", "message_id": "ID"}, {"exchange": "e", "routing_key": {"column": "id"}}):
        with pytest.raises(Problem):
            _sink(**keys).check(ROWS)
    with pytest.raises(Problem):
        _sink(queue="q").check(Columns(ROWS.types, changelog=True, key=("id",)))
    sink = _sink(exchange="e", routing_key={"column": "kind"}, message_id=["id", "kind"])
    sink.check(ROWS)
    options = sink.options(ROWS)
    assert (options["exchange"], options["routing-column"], options["message-id"]) == ("e", "kind", "id;kind")


def test_a_queue_is_the_routing_key_of_the_default_exchange() -> None:
    options = _sink(queue="q").options(ROWS)
    assert (options["exchange"], options["routing-key"]) == ("", "q")
