"""The keys of the source `rabbitmq`; tests/integration/test_rabbitmq.py reads from a broker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.problems import Problem
from penstock.connectors.rabbitmq.source import RabbitmqSource


def _source(**keys: Any) -> RabbitmqSource:
    return RabbitmqSource.model_validate({"url": "amqp://b", "queue": "q", "columns": {"id": "int"}, **keys})


def _error(**keys: Any) -> str:
    with pytest.raises(ValidationError) as problem:
        _source(**keys)
    return str(problem.value.errors(include_input=False, include_context=True))


@pytest.mark.parametrize(
    "url",
    [
        "http://b", "amqp://", "amqp://b:0", "amqp://b:65536", "amqp://b/x/y", "amqp://a b", "amqp://a,", "b:5672",
        f"amqp://b/{'v' * 256}",
    ],
)  # fmt: skip
def test_a_url_names_a_broker_and_a_virtual_host(url: str) -> None:
    assert "amqp://host:port/vhost" in _error(url=url)


def test_a_login_in_the_url_is_an_error_that_does_not_show_it() -> None:
    for url in ("amqp://ada:battery@b/x", "amqp://b/x?password=battery"):
        told = _error(url=url)
        assert "(not shown)" in told and "battery" not in told


def test_the_address_has_the_usual_port_and_virtual_host() -> None:
    assert _source().connection() == {
        "hosts": "b:5672", "vhost": "/", "login": {}, "tls": False, "ca": None,
    }  # fmt: skip
    secured = _source(url="amqps://a,b:1,[::1]/my%2Fhost", user="ada", password="${env:P}", tls={"ca": "/ca.pem"})
    assert secured.broker_options() == {
        "hosts": "a:5671,b:1,[::1]:5671", "vhost": "my/host", "tls": "true", "ca": "/ca.pem",
        "login.user": "ada", "login.password": "${env:P}",
    }  # fmt: skip
    assert secured.references == ("${env:P}",)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"user": "ada"}, "only one of user and password"),
        ({"tls": {"ca": "/ca.pem"}}, "tls with an amqp URL"),
        ({"queue": ""}, "a name that does not begin with amq."),
        ({"queue": "amq.gen"}, "a name that does not begin with amq."),
        ({"queue": "ü" * 128}, "at most 255 bytes"),
        ({"prefetch": 65536}, "65535"),
        ({"user": "ada", "password": "battery"}, "a secret in the job file itself"),
    ],
)
def test_keys_that_are_not_valid(keys: dict[str, Any], text: str) -> None:
    told = _error(**keys)
    assert text in told and "battery" not in told


def test_a_password_that_is_sent_without_encryption_is_noted() -> None:
    login = {"user": "ada", "password": "${env:P}"}
    assert _source(url="amqp://localhost,127.0.0.1:1,[::1]:1", **login).notes == ()
    assert _source(url="amqps://b", **login).notes == ()
    [note] = _source(url="amqp://localhost,b:1", **login).notes
    assert note == "the connection to b is not encrypted, and sends a password: use amqps"


def test_the_envelope_adds_columns_and_the_origin_has_those_of_a_dead_letter() -> None:
    source = _source(envelope={"routing_key": "kind", "headers": "h"})
    assert {name: str(kind) for name, kind in source.stream().types.items()} == {
        "id": "int", "kind": "string", "h": "map<string, bytes>",
    }  # fmt: skip
    assert {name: key for name, (_, key) in _source().metadata(origin=True).items()} == {
        f"penstock_{name}": f"origin.{name}" for name in ("source", "timestamp", "headers", "key")
    }


def test_raw_messages_have_one_column_and_avro_needs_a_jar() -> None:
    with pytest.raises(Problem):
        _source(format="raw", columns={"a": "string", "b": "string"}).stream()
    assert _source(format="avro").needed_jars() == ("penstock-rabbitmq", "rabbitmq", "avro")


def _answers(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    monkeypatch.setattr(RabbitmqSource, "ask", lambda self, *_: answer)


def _states(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.state, one.found) for one in findings]


def test_the_doctor_says_what_the_broker_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, {"queue": {"messages": 7, "consumers": 1}})
    assert _states(_source().diagnose(timedelta(minutes=20), {})) == [
        ("ok", "answers"),
        ("ok", "exists; messages that wait: 7, consumers: 1"),
        ("warn", "messages are acknowledged every 20 min, and a broker waits for 30 min by default"),
    ]
    _answers(monkeypatch, {"queue": {"error": "NOT_FOUND", "code": 404}})
    assert _states(_source(create=True).diagnose(timedelta(seconds=1), {}))[1:] == [
        ("ok", "does not exist, and is created when the job starts")
    ]
    assert _states(_source().diagnose(timedelta(seconds=1), {}))[1:] == [("bad", "NOT_FOUND")]
    _answers(monkeypatch, {"queue": {"error": "ACCESS_REFUSED", "code": 403}})
    assert _states(_source(create=True).diagnose(timedelta(seconds=1), {}))[1:] == [("bad", "ACCESS_REFUSED")]


def test_consumers_are_another_copy_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, {"queue": {"messages": 0, "consumers": 2}})
    assert list(_source().active_clients()) == ["the queue q has consumers: 2"]
    _answers(monkeypatch, {"queue": {"messages": 0, "consumers": 0}})
    assert list(_source().active_clients()) == []
