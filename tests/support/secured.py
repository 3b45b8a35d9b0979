"""A real Kafka broker with four secured listeners, and the server that issues its OAuth tokens. openssl creates the certificates."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from penstock.scripts.stack.kafka import Broker
from penstock.scripts.stack.processes import free_port

USER = 'al"ice\\'  # would break out of a quoted text that is not escaped
# Tests search for these values in all output, so they occur nowhere else but in the broker's own configuration.
PASSWORD, CLIENT_SECRET, KEY_PASSWORD = "xyzzy-plain-scram", "xyzzy-oauth", "xyzzy-key"
MECHANISMS = ("PLAIN", "SCRAM-SHA-512", "OAUTHBEARER", "mutual TLS")
_LISTENERS = {
    "PLAIN": "SASL_PLAINTEXT",
    "SCRAM": "SASL_SSL",
    "OAUTH": "SASL_PLAINTEXT",
    "MUTUAL": "SSL",
}
_MODULES = "org.apache.kafka.common.security"


@dataclass
class Secured:
    """The broker's addresses by mechanism, and the settings of its clients."""

    folder: Path
    addresses: dict[str, str]
    token_url: str
    plaintext: str
    environ: dict[str, str] = field(default_factory=dict)

    def security(self, mechanism: str) -> dict[str, Any]:
        """The `security:` mapping for the listener of a mechanism."""
        ca = {"ca": str(self.folder / "ca.pem")}
        user = {"user": "alice" if mechanism == "PLAIN" else USER, "password": "${env:SECURED_PASSWORD}"}
        if mechanism == "PLAIN":
            return {"tls": False, "mechanism": mechanism, **user}
        if mechanism == "SCRAM-SHA-512":
            password = f"${{file:{self.folder}/secrets.properties:kafka.password}}"
            return {"tls": ca, "mechanism": mechanism, **user, "password": password}
        if mechanism == "OAUTHBEARER":
            secret = {"client_secret": f"${{directory:{self.folder}/secrets:client}}"}
            oauth = {"token_url": self.token_url, "client_id": "penstock", **secret, "scope": "kafka"}
            return {"tls": False, "mechanism": mechanism, "oauth": oauth}
        return {"tls": {**ca, "certificate": str(self.folder / "client.pem"), "key_password": "${env:SECURED_KEY}"}}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Start the broker and its token server."""
    if not shutil.which("openssl"):
        pytest.skip("the command openssl, which creates the certificates, is not installed")
    folder = tmp_path_factory.mktemp("secured")
    _certificates(folder)
    (folder / "secrets.properties").write_text(f"# Kafka\nkafka.password = {PASSWORD}\n")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "client").write_text(CLIENT_SECRET)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    broker = SecuredBroker(folder, f"http://127.0.0.1:{server.server_port}")
    plaintext = broker.start(0)
    _scram_user(plaintext)
    yield Secured(
        folder,
        {m: f"127.0.0.1:{port}" for m, port in zip(MECHANISMS, broker.ports.values(), strict=True)},
        f"http://127.0.0.1:{server.server_port}/token",
        plaintext,
        {"SECURED_PASSWORD": PASSWORD, "SECURED_KEY": KEY_PASSWORD},
    )
    broker.stop()
    server.shutdown()
    server.server_close()


class SecuredBroker(Broker):
    """A broker with one listener per mechanism, in addition to the plaintext one."""

    def __init__(self, folder: Path, tokens: str) -> None:
        super().__init__(folder / "kafka")
        self._certificates, self._tokens = folder, tokens
        self.ports = {name: free_port() for name in _LISTENERS}
        self.java_options = (f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={tokens}/jwks",)

    def properties(self, port: int, advertised: int, controller: int) -> str:
        lines = super().properties(port, advertised, controller)
        for key in ("listeners", "advertised.listeners"):
            own = "".join(f",{name}://127.0.0.1:{at}" for name, at in self.ports.items())
            lines = "\n".join(line + own if line.startswith(f"{key}=") else line for line in lines.splitlines())
        protocols = "".join(f",{name}:{protocol}" for name, protocol in _LISTENERS.items())
        lines = lines.replace("CONTROLLER:PLAINTEXT", f"CONTROLLER:PLAINTEXT{protocols}")
        return lines + "\n" + "\n".join(self._secured())

    def _secured(self) -> Iterator[str]:
        mechanisms = {"plain": "PLAIN", "scram": "SCRAM-SHA-512", "oauth": "OAUTHBEARER"}
        modules = {
            "plain": f'plain.PlainLoginModule required user_alice="{PASSWORD}";',
            "scram": "scram.ScramLoginModule required;",
            "oauth": "oauthbearer.OAuthBearerLoginModule required;",
        }
        for listener, mechanism in mechanisms.items():
            yield f"listener.name.{listener}.sasl.enabled.mechanisms={mechanism}"
            yield f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config={_MODULES}.{modules[listener]}"
        oauth = "listener.name.oauth.oauthbearer"
        handler = f"{_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler"
        yield f"{oauth}.sasl.server.callback.handler.class={handler}"
        yield f"listener.name.oauth.sasl.oauthbearer.jwks.endpoint.url={self._tokens}/jwks"
        yield "listener.name.oauth.sasl.oauthbearer.expected.audience=kafka"
        yield "listener.name.oauth.sasl.oauthbearer.expected.issuer=penstock-test"
        for listener in ("scram", "mutual"):
            for store, file in (("keystore", "broker.pem"), ("truststore", "ca.pem")):
                yield f"listener.name.{listener}.ssl.{store}.type=PEM"
                yield f"listener.name.{listener}.ssl.{store}.location={self._certificates / file}"
        yield "listener.name.mutual.ssl.client.auth=required"


def _scram_user(plaintext: str) -> None:
    from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

    from penstock.connectors.kafka.preflight import admin

    with closing(admin("test", plaintext)) as client:
        client.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD, 4096)]
        )


def _openssl(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, input=stdin, capture_output=True, check=True).stdout


def _certificates(folder: Path) -> None:
    """Create a CA, and the certificates of broker and client that it signs. The client's key is encrypted."""
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    _openssl(folder, *new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("broker", "client"):
        _openssl(folder, *new[:-2], "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *sign, "-out", f"{name}.crt")
    encrypt = ("pkcs8", "-topk8", "-in", "client.key", "-out", "client.enc", "-passout", f"pass:{KEY_PASSWORD}")
    _openssl(folder, *encrypt, "-v1", "PBE-SHA1-3DES")
    for name, key in (("broker", "broker.key"), ("client", "client.enc")):
        (folder / f"{name}.pem").write_text((folder / key).read_text() + (folder / f"{name}.crt").read_text())
        (folder / f"{name}.pem").chmod(0o600)
    _openssl(folder, "genrsa", "-out", "tokens.key", "2048")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    """The handler of a token endpoint for the client credentials grant, and of the keys that its tokens are signed with."""
    modulus = _openssl(folder, "rsa", "-in", "tokens.key", "-noout", "-modulus").decode().strip().partition("=")[2]
    key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "e": "AQAB", "n": _text(bytes.fromhex(modulus))}
    expected = "Basic " + base64.b64encode(f"penstock:{CLIENT_SECRET}".encode()).decode()

    def token() -> str:
        now = int(time.time())
        claims = {
            "sub": "penstock",
            "iss": "penstock-test",
            "aud": "kafka",
            "scope": "kafka",
            "iat": now,
            "exp": now + 300,
        }
        signed = ".".join(_text(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "one"}, claims))
        return f"{signed}.{_text(_openssl(folder, 'dgst', '-sha256', '-sign', 'tokens.key', stdin=signed.encode()))}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, {"keys": [key]})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            good = self.headers["Authorization"] == expected
            self._answer(200, {"access_token": token(), "expires_in": 300}) if good else self._answer(401, {})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Log nothing, because standard error belongs to the test."""

    return Handler
