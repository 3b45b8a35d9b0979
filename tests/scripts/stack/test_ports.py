from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack import ports
from penstock.scripts.stack.processes import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_chosen_port_that_is_in_use_is_an_error_that_names_the_program(taken: int, tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        ports.choose("Kafka", "--port", taken, 9092, tmp_path / "kafka.port", lambda text: None)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"stack: Kafka cannot use port {taken}: another program listens on it"
    assert lines[1].endswith(f"(process {os.getpid()})")
    assert lines[-1].endswith("stop that program, choose another --port, or omit --port to use any free port")
    assert not (tmp_path / "kafka.port").exists()


def test_another_port_is_used_with_a_message_when_the_usual_port_is_in_use(taken: int, tmp_path: Path) -> None:
    messages: list[str] = []
    port = ports.choose("Flink", "--rest-port", None, taken, tmp_path / "rest.port", messages.append)
    assert port != taken
    [line] = messages
    assert line.startswith(f"port {taken} is in use by ")
    assert line.endswith(f"(process {os.getpid()}): Flink uses port {port}")


def test_the_port_of_the_last_start_is_used_again_if_it_is_free(taken: int, tmp_path: Path) -> None:
    messages: list[str] = []
    memory = tmp_path / "kafka.port"
    first = ports.choose("Kafka", "--port", None, taken, memory, messages.append)
    messages.clear()
    assert ports.choose("Kafka", "--port", None, taken, memory, messages.append) == first
    assert messages == []
    memory.write_text(f"{taken}\n")
    usual = free_port()
    assert ports.choose("Kafka", "--port", None, usual, memory, messages.append) == usual
    assert messages[0].startswith(f"port {taken} is in use by ")
