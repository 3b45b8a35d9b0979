"""What is uploaded and asked of YARN, with a program of the test in place of Java. With a real YARN: tests/integration/test_yarn.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from packages import package

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster.package import Package
from penstock.scripts.targets import yarn_client
from penstock.scripts.targets.yarn import YarnTarget
from penstock.scripts.targets.yarn_client import Application, submit

TARGET = YarnTarget(python="env.zip/bin/python", python_archive="env.zip", queue="prod")
STARTED = (
    "echo 'Submitted application application_1700000000000_0042'\n"
    "echo 'Found Web Interface node-1.example:4000 of application' >&2"
)


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program that is started as Java, in a Java home and a Flink home of the test; Hadoop is configured."""
    (tmp_path / "jdk/bin").mkdir(parents=True)
    for name in ("lib/flink-dist.jar", "lib/notes.txt", "opt/flink-python-2.jar", "opt/flink-other.jar"):
        (tmp_path / "flink" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "flink" / name).touch()
    monkeypatch.setattr(yarn_client, "java_home", lambda: tmp_path / "jdk")
    monkeypatch.setattr(yarn_client, "flink_home", lambda: tmp_path / "flink")
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    monkeypatch.setenv("HADOOP_CLASSPATH", "/opt/hadoop/*")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "jdk/bin/java"


def install(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def packed() -> Package:
    """A package with our own jar."""
    one = package(code={"mine.py": ""})
    return Package(one.manifest, {**one.entries, "jars/penstock-1.jar": b"ours"}, {})


def test_the_application_is_known_by_its_id_and_its_address(java: Path, tmp_path: Path) -> None:
    install(java, STARTED)
    assert submit(TARGET, packed()) == Application(
        "small", "application_1700000000000_0042", "http://node-1.example:4000"
    )
    [log] = (tmp_path / "cache/logs").glob("submit-small-*/client.log")
    assert "Submitted application" in log.read_text()
    assert "Found Web Interface" in log.read_text()


def test_flink_the_job_and_the_python_environment_are_uploaded(java: Path, tmp_path: Path) -> None:
    install(
        java,
        f'find . -type f | sort > {tmp_path}/files\nfor word in "$@"; do echo "$word"; done > {tmp_path}/words\n'
        f"pwd > {tmp_path}/pwd\n{STARTED}",
    )
    submit(TARGET, packed())
    assert (tmp_path / "files").read_text().split() == [
        "./flink/conf/config.yaml", "./flink/conf/log4j.properties", "./flink/lib/flink-dist.jar", "./flink/lib/flink-python-2.jar",
        "./penstock-job/code.zip", "./penstock-job/job.zip", "./penstock-job/penstock-1.jar",
    ]  # fmt: skip
    words = (tmp_path / "words").read_text().splitlines()
    scratch = (tmp_path / "pwd").read_text().strip()
    assert not Path(scratch).exists(), "the copies are deleted in the end"
    run = words.index("run")
    assert words[run - 2 : run + 3] == [
        f"{scratch}/flink/lib/*:/etc/hadoop:/opt/hadoop/*", "org.apache.flink.client.cli.CliFrontend",
        "run", "-t", "yarn-application",
    ]  # fmt: skip
    assert f"-Dyarn.ship-files={scratch}/penstock-job;{tmp_path}/env.zip" in words
    assert "-Dyarn.application.queue=prod" in words
    assert words[-11:] == [
        "-pyclientexec", "env.zip/bin/python", "-pyexec", "env.zip/bin/python", "-pyfs", "penstock-job/code.zip",
        "-pyarch", "env.zip", "-pym", "penstock.jobs.programs.submit", "penstock-job/job.zip",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "script",
    [
        "echo 'java.lang.RuntimeException: x' >&2; echo 'Caused by: java.io.IOException: queue prod is full' >&2; exit 1",
        "echo 'Submitted application application_1_2'; echo 'java.io.IOException: queue prod is full'",
    ],
)
def test_a_failure_is_its_cause_even_if_the_client_says_that_it_is_done(java: Path, script: str) -> None:
    install(java, script)
    with pytest.raises(RunError) as caught:
        submit(TARGET, packed())
    assert caught.value.head == "small: the job failed: IOException: queue prod is full"


def test_a_yarn_that_does_not_start_the_job_is_an_error(java: Path) -> None:
    install(java, "exec sleep 60")
    with pytest.raises(RunError) as caught:
        submit(TARGET, packed(), timeout=0.2)
    assert str(caught.value) == "small: YARN has not started it after 0.2 s\n  do       check YARN's queue"


def test_hadoops_classes_come_from_its_own_command_when_no_variable_names_them(
    java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HADOOP_CLASSPATH")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    install(tmp_path / "bin/hadoop", "echo /usr/lib/hadoop/$1")
    install(java, f'echo "$@" > {tmp_path}/words\n{STARTED}')
    submit(TARGET, packed())
    assert "/flink/lib/*:/etc/hadoop:/usr/lib/hadoop/classpath " in (tmp_path / "words").read_text()


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        ({}, "HADOOP_CONF_DIR is not set\n  do       export HADOOP_CONF_DIR=... : the folder with yarn-site.xml"),
        (
            {"HADOOP_CONF_DIR": "/etc/hadoop"},
            "Hadoop's classes are not found\n  do       export HADOOP_CLASSPATH=$(hadoop classpath)",
        ),
    ],
)
def test_without_hadoop_an_error_says_what_to_export(
    environ: dict[str, str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HADOOP_CONF_DIR", "HADOOP_CLASSPATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError) as caught:
        submit(TARGET, package())
    assert str(caught.value) == text
