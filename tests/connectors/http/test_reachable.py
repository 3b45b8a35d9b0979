"""Whether a server can be reached, tried with real servers."""

from __future__ import annotations

from pathlib import Path

from certificates import self_signed
from receiver import Receiver, receiving

from penstock.connectors.http.reachable import reachable
from penstock.scripts.stack.processes import free_port


def test_a_server_that_listens_gets_no_request() -> None:
    with receiving() as server:
        found = reachable(server.url, None)
    assert (found.state, found.found) == ("ok", "accepts connections")
    assert found.what == f"server {server.url.removesuffix('/rows')}"
    assert not server.requests


def test_a_server_that_does_not_listen_or_does_not_exist() -> None:
    found = reachable(f"http://127.0.0.1:{free_port()}/x", None)
    assert (found.state, found.found) == ("bad", "cannot be reached: Connection refused")
    unknown = reachable("https://penstock.invalid/x", None)
    assert unknown.state == "bad" and unknown.what == "server https://penstock.invalid"


def test_the_certificate_is_verified_with_the_file_of_the_job(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path / "one", "IP:127.0.0.1")
    other, _ = self_signed(tmp_path / "other", "IP:127.0.0.1")
    server = Receiver()
    server.secure(certificate, key)
    server.start()
    url = server.url.replace("http:", "https:")
    try:
        assert reachable(url, str(certificate)).state == "ok"
        untrusted = reachable(url, str(other))
        wrong_host = reachable(url.replace("127.0.0.1", "localhost"), str(certificate))
        absent = reachable(url, str(tmp_path / "absent.pem"))
    finally:
        server.stop()
    assert untrusted.found.startswith("its certificate is not trusted: ")
    assert wrong_host.state == "bad" and "localhost" in wrong_host.found, wrong_host
    assert (absent.state, absent.do) == ("warn", "check it where the job runs")
