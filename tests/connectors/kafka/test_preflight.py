"""Topics that do not exist, and brokers that do not answer. `tests/integration/test_security.py` has real brokers that reject a client."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.kafka.preflight import Missing, MissingTopics, _failure, check_topics
from penstock.connectors.kafka.security import Security


@pytest.fixture
def closing() -> Iterator[str]:
    """An address that accepts every connection and closes it at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=close, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def _missing(topic: str, who: str = "source kafka", bootstrap: str = "b:1", secured: bool = False) -> Missing:
    return Missing(who, bootstrap, topic, secured)


def test_a_missing_topic_is_named_with_a_similar_one_and_the_command_that_creates_it() -> None:
    error = MissingTopics([_missing("order")], ["__consumer_offsets", "orders", "a"])
    assert str(error) == (
        'source kafka: the topic "order" does not exist on b:1\n'
        "  found    a, orders\n"
        '  do       did you mean "orders"? Otherwise: penstock topics create order --bootstrap b:1'
    )


def test_without_any_topic_the_error_says_so() -> None:
    error = MissingTopics([_missing("t", secured=True)], ["__consumer_offsets"])
    assert (error.found, error.do) == ("no topics", "penstock topics create t --bootstrap b:1 --security FILE")


def test_at_most_twenty_topics_are_shown() -> None:
    assert MissingTopics([_missing("x")], [f"t{n:02}" for n in range(30)]).found == ", ".join(
        f"t{n:02}" for n in range(20)
    )


def test_missing_topics_of_several_connectors_are_one_error_with_one_command_for_each_cluster() -> None:
    both = MissingTopics.together(
        [
            MissingTopics([_missing("t"), _missing("t"), _missing("u")], ["a"]),
            MissingTopics([_missing("t", "sink kafka"), _missing("v", "sink kafka", "c:2")], ["b", "a"]),
        ]
    )
    assert str(both) == (
        'source kafka: the topic "t" does not exist on b:1; source kafka: the topic "u" does not exist on b:1; '
        'sink kafka: the topic "t" does not exist on b:1; sink kafka: the topic "v" does not exist on c:2\n'
        "  found    a, b\n"
        "  do       penstock topics create t u --bootstrap b:1 && penstock topics create v --bootstrap c:2"
    )


def test_brokers_with_key_stores_are_not_asked_but_their_secrets_must_be_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.p12").touch()
    store = {"path": f"{tmp_path}/t.p12", "password": "${env:STORE_PASSWORD}"}
    security = Security.model_validate({"tls": {"truststore": store}})
    monkeypatch.setenv("STORE_PASSWORD", "x")
    check_topics("source kafka", "127.0.0.1:1", ["t"], security)
    monkeypatch.delenv("STORE_PASSWORD")
    with pytest.raises(NotHere, match=r"the secret \$\{env:STORE_PASSWORD\} is not set"):
        check_topics("source kafka", "127.0.0.1:1", ["t"], security)


def test_a_broker_that_does_not_answer_is_an_error_that_says_how_to_start_one() -> None:
    error = _failure("sink kafka", "127.0.0.1:1", None, "NoBrokersAvailable")
    assert isinstance(error, RunError)
    assert str(error) == (
        "sink kafka: no Kafka broker answers at 127.0.0.1:1 (NoBrokersAvailable)\n"
        "  do       start a broker (penstock stack up), or correct bootstrap"
    )


PLAIN = {"mechanism": "PLAIN", "user": "me", "password": "${env:P}"}
OAUTH = {"token_url": "https://a/t", "client_id": "my_client", "client_secret": "${env:P}"}
CHECK = "check the user, the secret that its password refers to, and the mechanism of this listener"


@pytest.mark.parametrize(
    ("security", "head", "found", "do"),
    [
        (
            None,
            "closes the connection (Timeout)",
            "a connection with neither TLS nor a login",
            "state how this listener is secured: security: {...}, see docs/security.md",
        ),
        ({"tls": False, **PLAIN}, "rejects the login", "PLAIN as me, without TLS", CHECK),
        (
            {"tls": False, "mechanism": "OAUTHBEARER", "oauth": OAUTH},
            "rejects the login",
            "OAUTHBEARER as my_client, without TLS",
            CHECK,
        ),
    ],
)
def test_a_broker_that_closes_the_connection_is_explained_by_how_the_client_connects(
    closing: str, security: dict[str, object] | None, head: str, found: str, do: str
) -> None:
    given = Security.model_validate(security) if security else None
    error = _failure("source kafka", closing, given, "Timeout")
    assert str(error) == f"source kafka: the broker at {closing} {head}\n  found    {found}\n  do       {do}"


def test_the_first_broker_that_accepts_a_connection_is_the_one_that_is_examined(closing: str) -> None:
    error = _failure("source kafka", f"127.0.0.1:1,{closing}", None, "Timeout")
    assert error.head == f"source kafka: the broker at 127.0.0.1:1,{closing} closes the connection (Timeout)"


def test_a_listener_without_tls_is_an_error_about_the_certificates(closing: str) -> None:
    error = _failure("source kafka", closing, Security.model_validate({"tls": True}), "Timeout")
    assert error.head == f"source kafka: cannot open a TLS connection to the broker at {closing}"
    assert (
        error.do == "check ca, certificate, the host name in the broker's certificate, and that this listener uses TLS"
    )
