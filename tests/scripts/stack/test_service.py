from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.service import Service

WAITS = [sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(300)"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    found = Service(tmp_path / "stack", "kafka")
    yield found
    found.stop()


def test_a_program_that_was_never_started_has_no_process_port_or_log(service: Service) -> None:
    assert (service.process, service.alive, service.port, service.tail(), service.stop()) == (
        None,
        False,
        None,
        "",
        False,
    )


def test_another_object_for_the_same_folder_finds_the_running_program(service: Service) -> None:
    process = service.start(WAITS, os.environ, 9092)
    same = Service(service.folder, "kafka")
    assert (same.process, same.alive, same.port) == (process, True, 9092)
    assert not Service(service.folder, "flink").alive


def test_a_stopped_program_leaves_its_log_and_no_state(service: Service) -> None:
    service.start(WAITS, os.environ, 9092)
    while "begun" not in service.tail():
        assert service.alive
    assert service.stop()
    assert (service.process, service.alive, service.port) == (None, False, None)
    assert service.tail() == "begun\n"
    assert service.tail(3) == "un\n"


def test_a_killed_program_is_known_and_does_not_run(service: Service) -> None:
    process = service.start(WAITS, os.environ, 9092)
    service.kill()
    assert (service.process, service.alive, service.port) == (process, False, None)
    service.kill()


def test_each_start_begins_with_an_empty_log(service: Service) -> None:
    service.make_folder()
    service.log.write_text("old\n")
    service.start(WAITS, os.environ)
    while "begun" not in service.tail():
        assert service.alive
    assert service.tail() == "begun\n"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started": "x", "port": 1}'])
def test_a_damaged_state_file_counts_as_none(service: Service, text: str) -> None:
    service.make_folder()
    (service.folder / "kafka.json").write_text(text)
    assert (service.process, service.alive, service.port) == (None, False, None)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        Service(tmp_path / "file" / "stack", "kafka").start(WAITS, os.environ)
    assert str(caught.value) == (
        f"stack: cannot write into {tmp_path}/file/stack: Not a directory\n"
        "  do       choose another --folder, or change its permissions"
    )
