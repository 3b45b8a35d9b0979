"""scripts/setup makes the archive, and every local run in tests/scripts/commands uses it."""

from __future__ import annotations

import gzip
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from cli import ROOT, penstock

from penstock.connectors.runtime import class_data


def test_without_an_archive_the_jvm_has_no_further_options(tmp_path: Path) -> None:
    assert class_data.options(tmp_path / "flink.jsa") == []


def test_an_archive_is_used_if_it_fits_and_prints_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "flink.jsa"
    archive.touch()
    assert class_data.options(archive) == [
        f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:class+path=off"
    ]  # fmt: skip


def test_another_version_of_flink_java_or_our_jar_has_another_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    facts: dict[str, object] = {
        "flink_version": "2.3.0", "flink_home": Path("/flink"), "java_home": Path("/java"), "jars": [Path("/ours.jar")],
    }  # fmt: skip

    def home(**changes: object) -> Path:
        for name, value in {**facts, **changes}.items():
            monkeypatch.setattr(class_data, name, lambda *_, value=value: value)
        return class_data.home()

    homes = [
        home(),
        home(flink_version="2.3.1"),
        home(flink_home=Path("/other")),
        home(java_home=Path("/other")),
        home(jars=[Path("/other.jar")]),
    ]
    assert len(set(homes)) == 5
    assert home() == homes[0]


def test_the_archive_of_the_broker_is_created_once_for_its_classes_and_jars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(class_data, "LISTS", tmp_path)
    listed, jar = tmp_path / "kafka.lst.gz", tmp_path / "a.jar"
    listed.write_bytes(gzip.compress(b"java/lang/Object\n"))
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("file", "")
    first = class_data.kafka_archive(str(jar))
    assert class_data.options(first)
    created = first.stat().st_mtime_ns
    assert class_data.kafka_archive(str(jar)) == first
    assert first.stat().st_mtime_ns == created
    os.utime(jar, (0, 0))  # as after a new installation: the JVM would not use the archive
    second = class_data.kafka_archive(str(jar))
    listed.write_bytes(gzip.compress(b"java/lang/Object\njava/lang/String\n"))
    third = class_data.kafka_archive(str(jar))
    assert [one.exists() for one in (first, second, third)] == [False, False, True]


def test_a_broker_starts_without_an_archive_that_cannot_be_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))

    def create(archive: Path, classes: str, class_path: str) -> None:
        raise subprocess.CalledProcessError(1, "java")

    monkeypatch.setattr(class_data, "create", create)
    assert class_data.options(class_data.kafka_archive(__file__)) == []


def test_a_run_loads_the_rpc_system_from_the_class_path_and_copies_no_jar(tmp_path: Path) -> None:
    log = tmp_path / "classes.log"
    environ = {"PENSTOCK_JVM_ARGS": f"-XX:TieredStopAtLevel=1 -Xlog:class+load:file={log}"}
    done = penstock("run", ROOT / "conf/jobs/uppercase_filter.yaml", cwd=tmp_path, **environ)
    assert done.returncode == 0, done.stderr
    lines = [line for line in log.read_text().splitlines() if " org.apache.flink.runtime.rpc.pekko." in line]
    assert len(lines) > 50
    sources = {line.rpartition(" source: ")[2] for line in lines if "$$" not in line}
    assert not [source for source in sources if source.startswith("file:") and "/lib/flink-rpc-akka.jar" not in source]
