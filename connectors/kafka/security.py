"""Authentication and encryption of Kafka clients: the `security:` mapping, and the client properties that follow from it.

Secrets are references (`connectors/config/secrets.py`). Class names in the properties are those of Flink's Kafka connector, which has
Kafka's classes under `org.apache.flink.kafka.shaded`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Tag, model_validator
from pydantic_core import PydanticCustomError

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import TAG, Config
from penstock.connectors.config.secrets import REFERENCE, AbsolutePath, Name, Secret

SHADED = "org.apache.flink.kafka.shaded.org.apache.kafka"
_MODULES = {
    "PLAIN": "plain.PlainLoginModule",
    "SCRAM-SHA-256": "scram.ScramLoginModule",
    "SCRAM-SHA-512": "scram.ScramLoginModule",
    "OAUTHBEARER": "oauthbearer.OAuthBearerLoginModule",
}
_URL = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(/[\w./~%+=?&:-]*)?", re.ASCII)


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        allowed = "a URL such as https://login.example.com/oauth2/token"
        found = "a value that is not a valid URL (not shown: it may contain a secret)"
        raise invalid(found, allowed, "write an http or https URL without user, password or comma")
    return value


class Store(Config):
    """A Java key store. Only the job can read it; commands that connect to Kafka themselves need PEM files (`ca`, `certificate`)."""

    path: AbsolutePath
    """Absolute path of the key store, the same on every machine that runs the job."""

    password: Secret
    """A reference to the password of the key store, such as `${env:STORE_PASSWORD}`."""

    type: Literal["PKCS12", "JKS"] = "PKCS12"
    """Format of the key store."""


class Tls(Config):
    """Certificates of a TLS connection."""

    ca: AbsolutePath | None = None
    """Absolute path of a PEM file with the CA certificates to trust. Without `ca` and `truststore`, those of the machine are trusted."""

    certificate: AbsolutePath | None = None
    """Absolute path of a PEM file with the client's private key (PKCS #8) and certificate chain, for mutual TLS."""

    key_password: Secret | None = None
    """A reference to the password of the client's private key, if the key is encrypted."""

    truststore: Store | None = None
    """A Java key store with the CA certificates to trust, instead of `ca`."""

    keystore: Store | None = None
    """A Java key store with the client's private key and certificate chain, instead of `certificate`."""

    @model_validator(mode="after")
    def _once(self) -> Tls:
        for pem, store in (("ca", "truststore"), ("certificate", "keystore")):
            if getattr(self, pem) and getattr(self, store):
                raise invalid(f"both {pem} and {store}", f"{pem} or {store}", "keep one of them", store)
        if self.key_password and not (self.certificate or self.keystore):
            allowed = "key_password with certificate or keystore"
            raise invalid(
                "key_password without a private key", allowed, "add certificate: /path/client.pem", "key_password"
            )
        return self

    def properties(self) -> dict[str, str]:
        """Kafka's `ssl.*` properties."""
        found: dict[str, str] = {}
        for kind, pem, store in (
            ("truststore", self.ca, self.truststore),
            ("keystore", self.certificate, self.keystore),
        ):
            if pem:
                found |= {f"ssl.{kind}.type": "PEM", f"ssl.{kind}.location": pem}
            elif store:
                found |= {f"ssl.{kind}.type": store.type, f"ssl.{kind}.location": store.path}
                found[f"ssl.{kind}.password"] = store.password
        return found | ({"ssl.key.password": self.key_password} if self.key_password else {})


class OAuth(Config):
    """How to get a token from an OAuth 2 server, by the client credentials grant."""

    token_url: Annotated[str, AfterValidator(_url)]
    """URL of the token endpoint. The JVMs that run the job must be started with an option that allows it, see docs/security.md."""

    client_id: Name
    """The OAuth client id, or a reference to it."""

    client_secret: Secret
    """A reference to the OAuth client secret, such as `${env:CLIENT_SECRET}`."""

    scope: Name | None = None
    """The OAuth scope to request, or a reference to it. Without it no scope is requested."""


_TlsChoice = Annotated[
    Annotated[bool, Tag(f"{TAG}word")] | Annotated[Tls, Tag(f"{TAG}tls")],
    Discriminator(lambda value: f"{TAG}tls" if isinstance(value, (dict, Tls)) else f"{TAG}word"),
]


class Security(Config):
    """How to log in to the brokers, and whether the connection is encrypted."""

    tls: _TlsChoice
    """`true` (TLS with the CA certificates that the machine trusts), `false` (no encryption), or the certificates to use."""

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    """The SASL mechanism. Without it the client does not log in; brokers may identify it by its TLS certificate.
    `OAUTHBEARER` requires `oauth`, the other mechanisms require `user` and `password`."""

    user: Name | None = None
    """The user name for PLAIN and SCRAM, or a reference to it."""

    password: Secret | None = None
    """A reference to the password for PLAIN and SCRAM, such as `${env:KAFKA_PASSWORD}` or
    `${file:/run/secrets/kafka.properties:password}`."""

    oauth: OAuth | None = None
    """How the client gets the token for OAUTHBEARER."""

    @model_validator(mode="after")
    def _complete(self) -> Security:
        if problem := self._incomplete():
            raise problem
        return self

    def _incomplete(self) -> PydanticCustomError | None:
        login = [name for name in ("user", "password", "oauth") if getattr(self, name) is not None]
        if self.mechanism is None:
            if login:
                allowed = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER"
                return invalid(f"{login[0]} without a mechanism", allowed, "add mechanism: ...", login[0])
            if not self.tls:
                allowed = "tls: true or certificates, or a mechanism"
                return invalid("tls: false without a mechanism, which secures nothing", allowed, "remove security")
            return None
        needed = ["oauth"] if self.mechanism == "OAUTHBEARER" else ["user", "password"]
        for name in (name for name in needed if name not in login):
            example = {"user": "user: NAME", "password": "password: ${env:KAFKA_PASSWORD}"}.get(name, "oauth: {...}")
            found = f"mechanism {self.mechanism} without {name}"
            return invalid(found, f"{self.mechanism} with {' and '.join(needed)}", f"add {example}", "mechanism")
        for name in (name for name in login if name not in needed):
            found, allowed = f"{name} with mechanism {self.mechanism}", f"{' and '.join(needed)}"
            return invalid(found, allowed, f"remove {name}, or choose another mechanism", name)
        return None

    @property
    def protocol(self) -> str:
        """Kafka's `security.protocol`."""
        return f"{'SASL_' if self.mechanism else ''}{'SSL' if self.tls else 'PLAINTEXT'}"

    @property
    def certificates(self) -> Tls:
        """The certificates in `tls`; empty for `true` and `false`."""
        return self.tls if isinstance(self.tls, Tls) else Tls()

    def properties(self) -> dict[str, str]:
        """Properties of the job's Kafka clients. Secrets remain references."""
        found = {"security.protocol": self.protocol, **self.certificates.properties()}
        if not self.mechanism:
            return found
        options = {"username": self.user, "password": self.password} if self.user else {}
        found |= {"sasl.mechanism": self.mechanism, "sasl.jaas.config": _jaas(_MODULES[self.mechanism], options)}
        if self.oauth:
            handler = f"{SHADED}.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
            found |= {
                "sasl.login.callback.handler.class": handler,
                "sasl.oauthbearer.token.endpoint.url": self.oauth.token_url,
                "sasl.oauthbearer.client.credentials.client.id": self.oauth.client_id,
                "sasl.oauthbearer.client.credentials.client.secret": self.oauth.client_secret,
                **({"sasl.oauthbearer.scope": self.oauth.scope} if self.oauth.scope else {}),
            }
        return found

    @property
    def references(self) -> tuple[str, ...]:
        """All references to secrets, each once."""
        found = [match[0] for value in self.properties().values() for match in REFERENCE.finditer(value)]
        return tuple(dict.fromkeys(found))

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of all files with certificates or keys."""
        tls = self.certificates
        named = (tls.ca, tls.certificate, tls.truststore and tls.truststore.path, tls.keystore and tls.keystore.path)
        return tuple(path for path in named if path)


def _jaas(module: str, options: dict[str, str | None]) -> str:
    """Format `sasl.jaas.config`. Kafka parses quoted values like Java strings, so quotation marks and backslashes are escaped."""
    quoted = (f' {name}="{_escaped(value or "")}"' for name, value in options.items())
    return f"{SHADED}.common.security.{module} required{''.join(quoted)};"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def java_options(token_urls: Iterable[str]) -> list[str]:
    """JVM options that allow exactly these token endpoints. Without them Kafka's clients connect to none."""
    urls = ",".join(sorted(set(token_urls)))
    return [f"-D{SHADED}.sasl.oauthbearer.allowed.urls={urls}"] if urls else []
