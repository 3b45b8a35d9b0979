from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime import jars as module
from penstock.connectors.runtime.jars import LOCK, jars, locked


def test_every_locked_jar_has_a_sha256() -> None:
    lock = json.loads(LOCK.read_text("utf-8"))
    hashes = [sha for lines in lock.values() for pairs in lines.values() for sha in pairs.values()]
    assert len(hashes) > 40
    assert all(len(sha) == 64 for sha in hashes)


def test_a_cached_jar_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    jars(["ecj"])
    monkeypatch.setattr(module, "_resolve", lambda *_, **__: pytest.fail("the network was used"))
    assert [file.name for file in jars(["ecj"])] == ["ecj-3.40.0.jar"]


def test_a_tampered_jar_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [(_, sha)] = locked("ecj")
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    jar = tmp_path / "jars" / sha[:16] / "ecj-3.40.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"not the compiler")
    with pytest.raises(RunError) as caught:
        jars(["ecj"])
    lines = str(caught.value).splitlines()
    assert lines[0] == f"the jar {jar} differs from the one in the lock file"
    assert lines[2] == f"  allowed  sha256 {sha}"


def test_a_download_that_differs_from_the_lock_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    other = tmp_path / "other.jar"
    other.write_bytes(b"x")
    monkeypatch.setattr(module, "_resolve", lambda coordinates, *_, **__: {coordinates: other})
    with pytest.raises(RunError, match="differs from the jar in the lock file"):
        jars(["ecj"])


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/proc/version").exists(), reason="needs a folder that even root cannot write to"
)
def test_a_cache_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", "/proc/version/cache")
    with pytest.raises(RunError) as caught:
        jars(["ecj"])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("cannot write to the cache folder /proc/version/cache")
    assert lines[0].endswith(": Not a directory")
    assert lines[1].startswith("  do       set PENSTOCK_CACHE")


def test_without_a_network_the_error_names_the_jar_its_place_and_the_workaround(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(RunError) as caught:
        jars(["ecj"])
    [(_, sha)] = locked("ecj")
    assert str(caught.value).splitlines() == [
        "cannot fetch a connector jar",
        "  found    ConnectionRefusedError: [Errno 111] Connection refused",
        "           missing: org.eclipse.jdt:ecj:3.40.0",
        "  do       connect to a network with a Maven repository and run again (behind a proxy, set HTTPS_PROXY, and for its",
        f"           certificate REQUESTS_CA_BUNDLE); without a network, copy the folder {tmp_path}/jars from a machine",
        "           where this command has run, or put each file into its place there (the first: "
        f"{tmp_path}/jars/{sha[:16]}/ecj-3.40.0.jar); its sha256 is checked",
    ]
    assert capsys.readouterr().err == ""
    with pytest.raises(RunError, match='and 40 more, listed under "kafka-broker" in jars'):
        jars(["kafka-broker"])
