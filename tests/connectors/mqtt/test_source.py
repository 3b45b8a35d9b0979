"""The keys of the source `mqtt`; tests/integration/test_mqtt.py reads from a broker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.mqtt.source import MqttSource


def _source(**keys: Any) -> MqttSource:
    whole = {"url": "mqtt://b", "topic": "t", "client_id": "c", "columns": {"id": "int"}, **keys}
    return MqttSource.model_validate(whole)


def _error(**keys: Any) -> str:
    with pytest.raises(ValidationError) as problem:
        _source(**keys)
    return str(problem.value.errors(include_input=False, include_context=True))


@pytest.mark.parametrize(
    "url", ["tcp://b", "mqtt://", "mqtt://b:0", "mqtt://b:65536", "mqtt://b/x", "mqtt://a b", "mqtt://a,b", "b:1883"]
)
def test_a_url_names_a_broker(url: str) -> None:
    assert "mqtt://host:port" in _error(url=url)


def test_a_login_in_the_url_is_an_error_that_does_not_show_it() -> None:
    told = _error(url="mqtt://ada:battery@b")
    assert "(not shown)" in told and "battery" not in told


def test_the_address_has_the_usual_port() -> None:
    assert _source().connection() == {"url": "tcp://b:1883", "login": {}, "ca": None}
    secured = _source(url="mqtts://b", user="ada", password="${env:P}", tls={"ca": "/ca.pem"})
    assert secured.connection() == {
        "url": "ssl://b:8883", "login": {"user": "ada", "password": "${env:P}"}, "ca": "/ca.pem",
    }  # fmt: skip
    assert secured.references == ("${env:P}",)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"user": "ada"}, "only one of user and password"),
        ({"tls": {"ca": "/ca.pem"}}, "tls with an mqtt URL"),
        ({"topic": "a/b+"}, "+ in place of one level"),
        ({"client_id": ""}, "1 to 200 bytes"),
        ({"client_id": "ü" * 101}, "1 to 200 bytes"),
        ({"acknowledge": "never"}, "checkpoint"),
        ({"user": "ada", "password": "battery"}, "a secret in the job file itself"),
    ],
)
def test_keys_that_are_not_valid(keys: dict[str, Any], text: str) -> None:
    told = _error(**keys)
    assert text in told and "battery" not in told


def test_the_limit_of_mosquitto_and_a_password_without_encryption_are_noted() -> None:
    [note] = _source().notes
    assert note == (
        "by default Mosquitto sends at most 20 messages between two checkpoints, and drops those beyond 1,000 that wait: "
        "set max_inflight_messages 0 and a large max_queued_messages in mosquitto.conf, or acknowledge: read"
    )
    login = {"user": "ada", "password": "${env:P}", "acknowledge": "read"}
    assert _source(url="mqtt://localhost:1", **login).notes == _source(url="mqtts://b", **login).notes == ()
    assert _source(**login).notes == ("the connection to b is not encrypted, and sends a password: use mqtts",)


def test_the_envelope_adds_columns_and_the_origin_is_the_topic() -> None:
    source = _source(envelope={"topic": "sensor", "retained": "r", "duplicate": "d", "qos": "q"})
    assert {name: str(kind) for name, kind in source.stream().types.items()} == {
        "id": "int", "sensor": "string", "r": "boolean", "d": "boolean", "q": "int",
    }  # fmt: skip
    assert {name: key for name, (_, key) in _source().metadata(origin=True).items()} == {
        "penstock_source": "origin.source"
    }


def test_raw_messages_have_one_column_and_avro_needs_a_jar() -> None:
    with pytest.raises(Problem):
        _source(format="raw", columns={"a": "string", "b": "string"}).stream()
    assert _source(format="avro").needed_jars() == ("penstock-mqtt", "mqtt", "avro")


def _states(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.state, one.found) for one in findings]


def test_the_doctor_says_what_the_broker_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answer: dict[str, str] = {}
    monkeypatch.setattr(MqttSource, "ask", lambda self: answer)
    limit = "by default Mosquitto sends at most 20 messages every 1 min, and drops those beyond 1,000 that wait"
    assert _states(_source().diagnose(timedelta(minutes=1), {})) == [("ok", "answers"), ("warn", limit)]
    assert _states(_source(acknowledge="read").diagnose(timedelta(minutes=1), {})) == [("ok", "answers")]
    answer["topic"] = "the broker rejects a subscription to t"
    with pytest.raises(RunError) as problem:
        _source().preflight()
    assert problem.value.head == "source mqtt: topic: the broker rejects a subscription to t"
    answer["error"] = "Connection refused"
    assert _states(_source().findings()) == [("bad", "cannot be used: Connection refused")]
