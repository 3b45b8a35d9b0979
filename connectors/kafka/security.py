"""How a Kafka client proves who it is and encrypts: the `security:` mapping, and the Kafka properties that follow from it.

Secrets are references (`connectors/kafka/secrets.py`). The properties name the login modules of the Kafka connector that we ship, which
keeps Kafka's classes under `org.apache.flink.kafka.shaded`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Tag, model_validator
from pydantic_core import PydanticCustomError

from penstock.connectors.base.config import TAG, Config
from penstock.connectors.base.invalid import invalid
from penstock.connectors.kafka.secrets import REFERENCE, Secret

SHADED = "org.apache.flink.kafka.shaded.org.apache.kafka"
_MODULES = {
    "PLAIN": "plain.PlainLoginModule",
    "SCRAM-SHA-256": "scram.ScramLoginModule",
    "SCRAM-SHA-512": "scram.ScramLoginModule",
    "OAUTHBEARER": "oauthbearer.OAuthBearerLoginModule",
}
_URL = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(/[\w./~%+=?&:-]*)?", re.ASCII)


def _path(value: str) -> str:
    if not re.fullmatch(r"/[\w./ -]+", value) or ".." in value.split("/"):
        raise invalid(f'"{value[:80]}"', "an absolute path", "name the file as the machines know it that run the job")
    return value


def _name(value: str) -> str:
    whole = REFERENCE.fullmatch(value)
    if not whole and (not value or "${" in value or not value.isprintable()):
        allowed = "a name, or one reference such as ${env:NAME}"
        raise invalid(f'"{value[:60]}"', allowed, "write the name alone, or the reference alone")
    return value


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        allowed = "a URL such as https://login.example.com/oauth2/token"
        raise invalid("a text that is no such URL", allowed, "write it without a user, a password or a comma")
    return value


FilePath = Annotated[str, AfterValidator(_path)]
Name = Annotated[str, AfterValidator(_name)]


class Store(Config):
    """A Java key store. Only the job reads it: for the command's own clients name PEM files (`ca`, `certificate`)."""

    path: FilePath
    """The file, by its absolute path on every machine that runs the job."""

    password: Secret
    """A reference to the store's password."""

    type: Literal["PKCS12", "JKS"] = "PKCS12"
    """The store's format."""


class Tls(Config):
    """Certificates of a TLS connection, when those that the machine trusts are not enough."""

    ca: FilePath | None = None
    """A PEM file with the certificates of the authorities that may sign a broker's certificate."""

    certificate: FilePath | None = None
    """Mutual TLS: a PEM file with the client's private key (PKCS #8) and its certificate chain."""

    key_password: Secret | None = None
    """A reference to the password of the private key, where the key is encrypted."""

    truststore: Store | None = None
    """A Java key store instead of `ca`."""

    keystore: Store | None = None
    """A Java key store instead of `certificate`."""

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
    """A token from an OAuth 2 server, by the client credentials grant."""

    token_url: Annotated[str, AfterValidator(_url)]
    """The server's token endpoint. The JVMs that run the job must allow it, see docs/security.md."""

    client_id: Name
    """The client's id, or a reference to it."""

    client_secret: Secret
    """A reference to the client's secret."""

    scope: Annotated[str, AfterValidator(_name)] | None = None
    """The scope to ask for."""


_TlsChoice = Annotated[
    Annotated[bool, Tag(f"{TAG}word")] | Annotated[Tls, Tag(f"{TAG}tls")],
    Discriminator(lambda value: f"{TAG}tls" if isinstance(value, (dict, Tls)) else f"{TAG}word"),
]


class Security(Config):
    """How the clients of these brokers prove who they are, and whether the connection is encrypted."""

    tls: _TlsChoice
    """`true` (trust what the machine trusts), `false` (not encrypted), or the certificates to use."""

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    """The SASL mechanism. Left out: no SASL; the client is known by its certificate, or not at all."""

    user: Name | None = None
    """The user of PLAIN and SCRAM, or a reference to it."""

    password: Secret | None = None
    """A reference to the user's password, such as `${env:KAFKA_PASSWORD}` or `${file:/run/secrets/kafka.properties:password}`."""

    oauth: OAuth | None = None
    """Where OAUTHBEARER gets its token."""

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
                return invalid("tls: false, and no mechanism", "something that secures", "leave security out")
            return None
        needed = ["oauth"] if self.mechanism == "OAUTHBEARER" else ["user", "password"]
        for name in (name for name in needed if name not in login):
            example = {"user": "user: NAME", "password": "password: ${env:KAFKA_PASSWORD}"}.get(name, "oauth: {...}")
            found = f"mechanism {self.mechanism} without {name}"
            return invalid(found, f"{self.mechanism} with {' and '.join(needed)}", f"add {example}", "mechanism")
        for name in (name for name in login if name not in needed):
            found, allowed = f"{name} with mechanism {self.mechanism}", f"{' and '.join(needed)}"
            return invalid(found, allowed, f"take {name} out, or choose another mechanism", name)
        return None

    @property
    def protocol(self) -> str:
        """Kafka's name for the combination of SASL and TLS."""
        return f"{'SASL_' if self.mechanism else ''}{'SSL' if self.tls else 'PLAINTEXT'}"

    @property
    def certificates(self) -> Tls:
        """What `tls` says of certificates."""
        return self.tls if isinstance(self.tls, Tls) else Tls()

    def properties(self) -> dict[str, str]:
        """Properties of a Kafka client in Flink; secrets are still references."""
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
        """Every reference to a secret, each once."""
        found = [match[0] for value in self.properties().values() for match in REFERENCE.finditer(value)]
        return tuple(dict.fromkeys(found))

    @property
    def files(self) -> tuple[str, ...]:
        """Every file with certificates or keys."""
        tls = self.certificates
        named = (tls.ca, tls.certificate, tls.truststore and tls.truststore.path, tls.keystore and tls.keystore.path)
        return tuple(path for path in named if path)


def _jaas(module: str, options: dict[str, str | None]) -> str:
    """The text of a login module. Kafka reads a quoted value as Java does: a quotation mark or backslash in it is escaped."""
    quoted = (f' {name}="{_escaped(value or "")}"' for name, value in options.items())
    return f"{SHADED}.common.security.{module} required{''.join(quoted)};"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def java_options(token_urls: Iterable[str]) -> list[str]:
    """The JVM's options without which Kafka asks no token endpoint: exactly these URLs are allowed."""
    urls = ",".join(sorted(set(token_urls)))
    return [f"-D{SHADED}.sasl.oauthbearer.allowed.urls={urls}"] if urls else []
