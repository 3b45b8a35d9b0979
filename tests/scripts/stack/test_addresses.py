from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli import penstock

from penstock.scripts.stack.addresses import Variables, kafka
from penstock.scripts.stack.service import Service

JOB = """\
name: x
source: {values: {columns: {a: int}, rows: []}}
job: {map: {function: double, of: a, to: b}}
sink: {kafka: {bootstrap: "${KAFKA:localhost:9092}", topic: t}}
"""
LINE = "KAFKA is 127.0.0.1:41234, the stack of this folder (.penstock/stack), instead of the default localhost:9092"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a stack whose broker is a running process. Any program will do, because no test connects to it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAFKA", raising=False)
    service = Service(tmp_path / ".penstock/stack", "kafka")
    service.start(["sleep", "300"], os.environ, 41234)
    (tmp_path / "x.yaml").write_text(JOB)
    yield tmp_path
    service.stop()


def test_the_environment_wins_over_the_stack_and_the_stack_over_the_default(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    assert Variables(messages.append).get("KAFKA", "localhost:9092") == "127.0.0.1:41234"
    assert messages == [LINE]
    monkeypatch.setenv("KAFKA", "k:1")
    assert (Variables()["KAFKA"], kafka()) == ("k:1", "k:1")
    monkeypatch.setenv("KAFKA", "")
    assert kafka() == "127.0.0.1:41234"
    Service(stack / ".penstock/stack", "kafka").stop()
    assert kafka() == "localhost:9092"
    assert kafka("mine:1") == "mine:1"


def test_no_message_is_printed_when_the_default_is_the_stack(stack: Path) -> None:
    messages: list[str] = []
    assert Variables(messages.append).get("KAFKA", "localhost:41234") == "127.0.0.1:41234"
    assert messages == []


@pytest.mark.parametrize("command", [["show"], ["validate"]])
def test_a_command_with_a_job_file_finds_the_stack_and_prints_one_message(stack: Path, command: list[str]) -> None:
    done = penstock(*command, "x.yaml", cwd=stack, KAFKA="")
    assert done.returncode == 0
    assert done.stderr == LINE + "\n"
    assert "bootstrap: 127.0.0.1:41234" in done.stdout or command == ["validate"]


@pytest.mark.slow
def test_a_command_without_a_job_file_finds_the_same_brokers(stack: Path) -> None:
    done = penstock("topics", "list", cwd=stack, KAFKA="")
    assert done.stderr.startswith("topics: no Kafka broker answers at 127.0.0.1:41234")
    assert "no Kafka broker answers at 127.0.0.1:41234" in penstock("txn", "list", cwd=stack, KAFKA="").stderr
    assert "no broker at 127.0.0.1:41234" in penstock("doctor", cwd=stack, KAFKA="").stdout


def test_the_stack_is_inspected_only_for_its_own_variables(stack: Path) -> None:
    asked = Variables()
    assert asked.get("OTHER", "here") == "here"
    assert asked.get("PATH") == os.environ["PATH"]
    assert asked._stack == {}


def test_the_shell_form_of_a_default_is_resolved_in_the_same_way(stack: Path) -> None:
    (stack / "x.yaml").write_text(JOB.replace("${KAFKA:", "${KAFKA:-"))
    done = penstock("show", "x.yaml", cwd=stack, KAFKA="")
    assert (done.stderr, "bootstrap: 127.0.0.1:41234" in done.stdout) == (LINE + "\n", True)
