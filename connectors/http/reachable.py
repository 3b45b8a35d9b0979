"""Check that a server can be reached, without a request that could change something."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from penstock.connectors.base.finding import Finding

_TIMEOUT = 10.0


def reachable(url: str, ca: str | None) -> Finding:
    """Connect to the server of the URL. With a file of CA certificates, its certificate and host name are verified, too.

    Without a file they are not: the CA certificates of this machine may differ from those of the Java runtime.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    what = f"server {parts.scheme}://{parts.netloc}"
    try:
        with socket.create_connection((host, port), _TIMEOUT) as connection:
            if ca:
                with ssl.create_default_context(cafile=ca).wrap_socket(connection, server_hostname=host):
                    return Finding("ok", what, f"answers, and its certificate is trusted by {ca}")
    except ssl.SSLError as problem:
        text = getattr(problem, "verify_message", "") or problem.reason or str(problem)
        return Finding("bad", what, f"its certificate is not trusted: {text}", "correct tls, or the certificate")
    except FileNotFoundError:
        return Finding("warn", what, f"the file {ca} is not on this machine", "check it where the job runs")
    except OSError as problem:
        text = f"cannot be reached: {problem.strerror or problem}"
        return Finding("bad", what, text, "start the server, or correct the url")
    return Finding("ok", what, "accepts connections")
