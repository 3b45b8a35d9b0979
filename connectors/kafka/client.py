"""Arguments of the command's own Kafka clients (kafka-python), from `security:` of a job file and the secrets of this machine."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere, resolved
from penstock.connectors.kafka.security import OAuth, Security, Tls

_WAIT = 10


def require(security: Security) -> None:
    """Check that this machine has the files and secrets of `security:`.

    Raises NotHere if it does not, and RunError for a secret that Kafka's clients in the job cannot use.
    """
    for file in security.files:
        if not Path(file).is_file():
            raise NotHere(f"the file {file} does not exist", do="name a file that exists where the job runs")
    found = {reference: resolved(reference) for reference in security.references}
    for reference in (security.user or "", security.password or ""):
        if any(char in '"\\\n\r' for char in found.get(reference, "")):
            raise RunError(
                f"the secret {reference} contains a quotation mark, a backslash or a line break",
                allowed="any other character: Kafka inserts the secret into a quoted text",
                do="choose another user or password",
            )


def arguments(security: Security | None) -> dict[str, Any]:
    """Security arguments of a kafka-python client, with secrets resolved.

    Raises NotHere if a file or secret is not on this machine, and for Java key stores, which kafka-python cannot read.
    """
    if security is None:
        return {}
    require(security)
    found: dict[str, Any] = {"security_protocol": security.protocol, **tls_arguments(security.certificates)}
    if security.mechanism:
        found["sasl_mechanism"] = security.mechanism
    if security.oauth:
        found["sasl_oauth_token_provider"] = _token_provider(security.oauth)
    elif security.user and security.password:
        user = resolved(security.user)
        if security.mechanism != "PLAIN":  # the escaping of RFC 5802, which kafka-python does not do
            user = user.replace("=", "=3D").replace(",", "=2C")
        found |= {"sasl_plain_username": user, "sasl_plain_password": resolved(security.password)}
    return found


def readable_here(security: Security | None) -> bool:
    """Whether the command's own clients can read the certificates: they read PEM files, but not Java key stores."""
    return security is None or not (security.certificates.truststore or security.certificates.keystore)


def tls_arguments(tls: Tls) -> dict[str, Any]:
    """Arguments of a kafka-python client for its certificates. Raises NotHere for Java key stores and missing secrets."""
    if tls.truststore or tls.keystore:
        raise NotHere(
            "the certificates are in a Java key store, which the command's own Kafka clients cannot read",
            allowed="tls: {ca: FILE.pem, certificate: FILE.pem}",
            do="convert the store: openssl pkcs12 -in STORE.p12 -out FILE.pem",
        )
    found: dict[str, Any] = {"ssl_cafile": tls.ca} if tls.ca else {}
    if tls.certificate:
        found |= {"ssl_certfile": tls.certificate, "ssl_keyfile": tls.certificate}
    return found | ({"ssl_password": resolved(tls.key_password)} if tls.key_password else {})


def _token_provider(oauth: OAuth) -> Any:
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Provider(AbstractTokenProvider):  # type: ignore[misc]
        """Shares one token among all connections, and replaces it after 80 % of its lifetime."""

        _token, _until = "", 0.0

        def token(self) -> str:
            if time.monotonic() > self._until:
                self._token, lifetime = fetch(oauth)
                self._until = time.monotonic() + lifetime * 0.8
            return self._token

    provider = Provider()
    provider.token()  # a token endpoint that does not answer raises here; later it would look like a broker that does not
    return provider


def fetch(oauth: OAuth) -> tuple[str, float]:
    """Request a token by the client credentials grant. Returns the token and its lifetime in seconds.

    Raises RunError if the endpoint does not return a token. The error shows no secret.
    """
    import urllib.error
    import urllib.parse
    import urllib.request

    pair = f"{resolved(oauth.client_id)}:{resolved(oauth.client_secret)}"
    form = {"grant_type": "client_credentials", **({"scope": resolved(oauth.scope)} if oauth.scope else {})}
    request = urllib.request.Request(  # noqa: S310  the model allows http and https only
        oauth.token_url,
        urllib.parse.urlencode(form).encode(),
        {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_WAIT) as answer:  # noqa: S310
            found = json.load(answer)
        if not isinstance(token := found["access_token"], str):
            raise TypeError
        return token, float(found.get("expires_in", 60))
    except urllib.error.HTTPError as problem:
        answered, do = f"HTTP status {problem.code}", "check client_id and the secret that client_secret refers to"
    except (OSError, ValueError, KeyError, TypeError) as problem:
        answered, do = type(getattr(problem, "reason", problem)).__name__, "check token_url"
    raise RunError(f"cannot get an OAuth token from {oauth.token_url}", answered, do=do)
