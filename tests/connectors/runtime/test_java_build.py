"""The jars of Penstock's own Java: when they are compiled, and that only what was compiled is used. Compiling needs Java."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime import java_build
from penstock.connectors.runtime.java_build import MODULES, JavaModule, built

OURS = MODULES["penstock"]


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A compiler that writes one class. Its calls."""
    calls: list[list[str]] = []

    def run(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append([str(part) for part in command])
        written = Path(calls[-1][calls[-1].index("-d") + 1]) / "penstock" / "A.class"
        written.parent.mkdir(parents=True)
        written.write_bytes(b"class A")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    monkeypatch.setattr(subprocess, "run", run)
    return calls


def _jars(names: Iterable[str]) -> list[Path]:
    return [Path(f"/{name}.jar") for name in names]


def _built(name: str = "penstock") -> Path:
    return built(name, _jars)


def _key() -> str:
    return java_build._key(OURS)


def test_the_sources_are_compiled_once_and_then_come_from_the_cache(compiler: list[list[str]], tmp_path: Path) -> None:
    jar = _built()
    assert jar == tmp_path / "java" / _key() / "penstock.jar"
    assert _built() == jar
    assert len(compiler) == 1 and "/ecj.jar" in compiler[0]
    assert compiler[0][-1] == str(OURS.sources)
    assert sorted(file.name for file in jar.parent.iterdir()) == ["penstock.jar", "penstock.sha256"]


def test_a_jar_without_its_checksum_is_compiled_again_into_the_same_bytes(compiler: list[list[str]]) -> None:
    jar = _built()
    first = jar.read_bytes()
    jar.with_suffix(".sha256").unlink()
    assert _built().read_bytes() == first
    assert len(compiler) == 2


@pytest.mark.parametrize("name", MODULES)
def test_the_jar_names_every_factory_whose_source_exists(name: str, compiler: list[list[str]]) -> None:
    with zipfile.ZipFile(_built(name)) as archive:
        assert archive.read("penstock/A.class") == b"class A"
        services = {
            name: archive.read(name).decode().split() for name in archive.namelist() if name.startswith("META-INF")
        }
    assert services == {f"META-INF/services/{kind}": names for kind, names in MODULES[name].services.items()}
    for factory in (factory for names in services.values() for factory in names):
        assert (MODULES[name].sources / f"{factory.replace('.', '/')}.java").is_file(), factory


def test_a_module_is_compiled_against_the_jars_that_it_needs(compiler: list[list[str]]) -> None:
    assert _built("penstock-kafka").name == "penstock-kafka.jar"
    assert compiler[0][compiler[0].index("-cp") + 1].endswith(":/penstock.jar:/kafka.jar")


def test_other_sources_libraries_or_another_flink_are_another_jar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = JavaModule(tmp_path, {})
    (tmp_path / "A.java").write_text("class A {}")
    keys = [java_build._key(module)]
    (tmp_path / "A.java").write_text("class A { }")
    keys.append(java_build._key(module))
    (tmp_path / "A.java").rename(tmp_path / "B.java")
    keys.append(java_build._key(module))
    keys += [java_build._key(JavaModule(tmp_path, {}, (needed,))) for needed in ("kafka", "penstock")]
    monkeypatch.setattr(java_build, "flink_version", lambda: "2.3.99")
    keys.append(java_build._key(module))
    assert len(set(keys)) == 6
    (tmp_path / "notes.txt").touch()
    assert java_build._key(module) == keys[-1]


def test_a_compiled_jar_that_was_changed_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    ours = tmp_path / "java" / _key()
    ours.mkdir(parents=True)
    (ours / "penstock.jar").write_bytes(b"changed")
    (ours / "penstock.sha256").write_text("0" * 64, encoding="ascii")
    with pytest.raises(RunError) as caught:
        _built()
    assert str(caught.value) == (
        f"the jar {ours}/penstock.jar was changed after it was compiled\n"
        "  found    sha256 d67e2e944994496c8d8ec76eed0cf9f09679448d584b532bebf941852a37f5ed\n"
        f"  allowed  sha256 {'0' * 64}\n"
        f"  do       delete the folder {ours}: it is compiled again"
    )


def test_sources_that_do_not_compile_are_an_error_with_what_the_compiler_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    monkeypatch.setattr(java_build, "flink_version", lambda: "2.3.0")
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", "A.java:1: wrong\n")
    )
    with pytest.raises(RunError) as caught:
        _built()
    assert str(caught.value) == ("Penstock's Java classes do not compile against Flink 2.3.0:\nA.java:1: wrong\n")
    assert not list((tmp_path / "java").rglob("*.jar"))
