"""Reading a topic up to its end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.read import batches


def _values(bootstrap: str, topic: str) -> list[bytes]:
    return [record.value for records in batches(bootstrap, topic, quiet=20) for record in records]


def _transaction(kafka: str, name: str, value: bytes) -> KafkaProducer:
    producer = KafkaProducer(bootstrap_servers=kafka, transactional_id=f"{name}-{value.decode()}")
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(name, value).get(10)
    return producer


def test_committed_records_are_read_up_to_the_end(kafka: str, topic: Callable[..., str]) -> None:
    """The end is also reached if the last records belong to an aborted or open transaction."""
    name = topic("read", partitions=2)
    assert _values(kafka, name) == []
    with KafkaProducer(bootstrap_servers=kafka) as plain:
        for partition in (0, 1):
            plain.send(name, b"plain", partition=partition).get(10)
    assert _values(kafka, name) == [b"plain"] * 2
    aborted = _transaction(kafka, name, b"aborted")
    aborted.abort_transaction()
    aborted.close()
    assert _values(kafka, name) == [b"plain"] * 2
    still_open = _transaction(kafka, name, b"open")
    assert _values(kafka, name) == [b"plain"] * 2
    still_open.commit_transaction()
    still_open.close()
    assert sorted(_values(kafka, name)) == [b"open", b"plain", b"plain"]


def test_follow_continues_with_new_records(kafka: str, topic: Callable[..., str]) -> None:
    name = topic("read-on")
    with KafkaProducer(bootstrap_servers=kafka) as producer:
        producer.send(name, b"1").get(10)
        following = batches(kafka, name, follow=True)
        assert [record.value for record in next(following)] == [b"1"]
        producer.send(name, b"2").get(10)
        assert [[record.value for record in records] for records in islice(following, 1)] == [[b"2"]]
    following.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["end_offsets", "poll"])
def test_an_error_of_the_client_is_an_error_of_the_command(
    method: str, kafka: str, topic: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KafkaTimeoutError()

    name = topic(f"read-{method.replace('_', '-')}")
    monkeypatch.setattr(KafkaConsumer, method, fails)
    with pytest.raises(RunError) as caught:
        list(batches(kafka, name))
    assert caught.value.head == f'the topic "{name}" could not be read from {kafka}'
    assert caught.value.found == "KafkaTimeoutError"


def test_a_broker_that_sends_no_records_is_an_error_and_not_the_end(
    kafka: str, topic: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = topic("read-silent")
    with KafkaProducer(bootstrap_servers=kafka) as producer:
        producer.send(name, b"1").get(10)
    monkeypatch.setattr(KafkaConsumer, "poll", lambda *_, **__: {})
    with pytest.raises(
        RunError,
        match=r'no record of the topic "read-silent" arrived for 0.1 s: partition 0 was read up to offset 0 of 1',
    ):
        list(batches(kafka, name, quiet=0.1))
