"""scripts/setup makes the archive, and every local run in tests/scripts/commands uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli import ROOT, penstock

from penstock.scripts.jvm import class_data


def test_without_an_archive_the_jvm_has_no_further_options(tmp_path: Path) -> None:
    assert class_data.options(tmp_path) == []


def test_an_archive_is_used_if_it_fits_and_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / "classes.jsa").touch()
    assert class_data.options(tmp_path) == [
        f"-XX:SharedArchiveFile={tmp_path}/classes.jsa", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:class+path=off"
    ]  # fmt: skip


def test_another_version_of_flink_java_or_our_jar_has_another_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    facts: dict[str, object] = {
        "flink_version": "2.3.0", "flink_home": Path("/flink"), "java_home": Path("/java"), "jars": [Path("/ours.jar")]
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


def test_only_classes_that_the_class_path_can_load_again_are_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    seen = tmp_path / "classes.lst"
    seen.write_text("java/lang/Object id: 0\nA id: 1 super: 0 source: /planner.jar\ncom/sun/$Proxy3 id: 2\nB id: 3\n")
    class_data._own_classes(seen)
    assert seen.read_text() == "java/lang/Object id: 0\nB id: 3\n"


def test_a_run_loads_the_rpc_system_from_the_class_path_and_copies_no_jar(tmp_path: Path) -> None:
    log = tmp_path / "classes.log"
    environ = {"PENSTOCK_JVM_ARGS": f"-XX:TieredStopAtLevel=1 -Xlog:class+load:file={log}"}
    done = penstock("run", ROOT / "conf/jobs/uppercase_filter.yaml", cwd=tmp_path, **environ)
    assert done.returncode == 0, done.stderr
    lines = [line for line in log.read_text().splitlines() if " org.apache.flink.runtime.rpc.pekko." in line]
    assert len(lines) > 50
    sources = {line.rpartition(" source: ")[2] for line in lines if "$$" not in line}
    assert not [source for source in sources if source.startswith("file:") and "/lib/flink-rpc-akka.jar" not in source]
