"""`security:` as arguments of the command's own Kafka clients, and the token endpoint that they ask."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.kafka.client import arguments, fetch, readable_here, require
from penstock.connectors.kafka.security import OAuth, Security

PLAIN = {"tls": False, "mechanism": "PLAIN", "user": "me", "password": "${env:P}"}


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", "hunter2")


def _security(**more: Any) -> Security:
    return Security.model_validate({**PLAIN, **more})


def _stored(path: Path) -> Security:
    return Security.model_validate({"tls": {"truststore": {"path": str(path), "password": "${env:P}"}}})


def test_without_security_a_client_has_no_further_arguments() -> None:
    assert arguments(None) == {}
    assert readable_here(None)


@pytest.mark.parametrize(
    ("mechanism", "user"), [("PLAIN", "a=b,c"), ("SCRAM-SHA-256", "a=3Db=2Cc"), ("SCRAM-SHA-512", "a=3Db=2Cc")]
)
def test_a_client_receives_resolved_secrets_and_scram_an_escaped_user(mechanism: str, user: str) -> None:
    assert arguments(_security(mechanism=mechanism, user="a=b,c")) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": user,
        "sasl_plain_password": "hunter2",
    }


def test_a_client_reads_certificates_from_pem_files(tmp_path: Path) -> None:
    for name in ("ca.pem", "client.pem"):
        (tmp_path / name).touch()
    tls = {"ca": f"{tmp_path}/ca.pem", "certificate": f"{tmp_path}/client.pem", "key_password": "${env:P}"}
    assert arguments(Security.model_validate({"tls": tls})) == {
        "security_protocol": "SSL",
        "ssl_cafile": f"{tmp_path}/ca.pem",
        "ssl_certfile": f"{tmp_path}/client.pem",
        "ssl_keyfile": f"{tmp_path}/client.pem",
        "ssl_password": "hunter2",
    }
    assert arguments(Security.model_validate({"tls": True})) == {"security_protocol": "SSL"}


def test_only_the_job_can_read_java_key_stores(tmp_path: Path) -> None:
    (tmp_path / "t.p12").touch()
    security = _stored(tmp_path / "t.p12")
    require(security)
    assert not readable_here(security)
    with pytest.raises(NotHere) as caught:
        arguments(security)
    assert str(caught.value) == (
        "the certificates are in a Java key store, which the command's own Kafka clients cannot read\n"
        "  allowed  tls: {ca: FILE.pem, certificate: FILE.pem}\n"
        "  do       convert the store: openssl pkcs12 -in STORE.p12 -out FILE.pem"
    )


def test_a_file_that_is_not_on_this_machine_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotHere) as caught:
        require(_stored(tmp_path / "t.p12"))
    assert str(caught.value) == (
        f"the file {tmp_path}/t.p12 does not exist\n  do       name a file that exists where the job runs"
    )


@pytest.mark.parametrize("secret", ['a"b', "a\\b", "a\nb", "a\rb"])
def test_a_password_that_kafka_would_misread_is_an_error(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", secret)
    with pytest.raises(RunError) as caught:
        require(_security())
    assert str(caught.value) == (
        "the secret ${env:P} contains a quotation mark, a backslash or a line break\n"
        "  allowed  any other character: Kafka inserts the secret into a quoted text\n"
        "  do       choose another user or password"
    )


class Endpoint(BaseHTTPRequestHandler):
    """A token endpoint that answers with the status and body of its server."""

    status, body, seen = 200, b"", list[dict[str, str]]()

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.seen.append({"authorization": self.headers["Authorization"], "form": form})
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Keep the standard error of the tests empty."""


@pytest.fixture
def endpoint() -> Iterator[tuple[str, type[Endpoint]]]:
    """A running token endpoint: its URL, and the class that holds its answer."""
    answer = type("Answer", (Endpoint,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token", answer
        server.shutdown()


def _oauth(url: str, **more: str) -> OAuth:
    return OAuth.model_validate({"token_url": url, "client_id": "me", "client_secret": "${env:P}", **more})


@pytest.mark.parametrize(
    ("answer", "lifetime"), [({"access_token": "t", "expires_in": 300}, 300.0), ({"access_token": "t"}, 60.0)]
)
def test_a_token_is_requested_with_the_client_s_id_and_secret(
    endpoint: tuple[str, type[Endpoint]], answer: dict[str, Any], lifetime: float
) -> None:
    url, server = endpoint
    server.body = json.dumps(answer).encode()
    assert fetch(_oauth(url, scope="kafka read")) == ("t", lifetime)
    assert server.seen == [
        {
            "authorization": "Basic " + base64.b64encode(b"me:hunter2").decode(),
            "form": "grant_type=client_credentials&scope=kafka+read",
        }
    ]


@pytest.mark.parametrize(
    ("status", "body", "found", "do"),
    [
        (401, b"hunter2", "HTTP status 401", "check client_id and the secret that client_secret refers to"),
        (200, b"<html>hunter2", "JSONDecodeError", "check token_url"),
        (200, b'{"token": "hunter2"}', "KeyError", "check token_url"),
        (200, b'["hunter2"]', "TypeError", "check token_url"),
        (200, b'{"access_token": null}', "TypeError", "check token_url"),
        (200, b'{"access_token": "hunter2", "expires_in": null}', "TypeError", "check token_url"),
    ],
)
def test_an_endpoint_without_a_token_is_an_error_that_shows_no_secret(
    endpoint: tuple[str, type[Endpoint]], status: int, body: bytes, found: str, do: str
) -> None:
    url, server = endpoint
    server.status, server.body = status, body
    with pytest.raises(RunError) as caught:
        fetch(_oauth(url))
    assert str(caught.value) == f"cannot get an OAuth token from {url}\n  found    {found}\n  do       {do}"


def test_an_endpoint_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(RunError) as caught:
        fetch(_oauth("http://127.0.0.1:1/token"))
    assert str(caught.value) == (
        "cannot get an OAuth token from http://127.0.0.1:1/token\n"
        "  found    ConnectionRefusedError\n"
        "  do       check token_url"
    )
