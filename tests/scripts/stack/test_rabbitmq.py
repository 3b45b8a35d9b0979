"""A real RabbitMQ broker of a stack."""

from __future__ import annotations

import stat
from pathlib import Path

import psutil
import pytest
from queues import channel, drain, needs_rabbitmq, publish

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.processes import free_port, listening
from penstock.scripts.stack.rabbitmq import RabbitMq


@pytest.mark.slow
@needs_rabbitmq
def test_it_keeps_its_messages_and_port_and_leaves_no_process(tmp_path: Path) -> None:
    server = RabbitMq(tmp_path)
    assert server.address is None and not server.ready
    try:
        address = server.start(free_port())
        assert server.ready and address == server.address == server.start()
        publish(server, "kept", [(b"one", {})])
        assert stat.S_IMODE((server.folder / "password").stat().st_mode) == 0o600
        assert stat.S_IMODE((server.folder / "rabbitmq.conf").stat().st_mode) == 0o600
        process = server.service.process
        assert process
        started = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
        port = server.service.port
        assert server.stop() and not server.stop()
        assert port and not listening(port)
        assert len(started) > 2 and not any(map(_runs, started))
        assert server.start() == address
        server.kill()
        server.start()
        assert [one.body for one in drain(server, "kept")] == [b"one"]
        with channel(server) as opened:
            opened.queue_delete("kept")
    finally:
        server.stop()
        server.remove()


def _runs(pid: int) -> bool:
    return bool(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


def test_without_its_programs_it_is_an_error_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RabbitMq, "installed", staticmethod(lambda: None))
    with pytest.raises(RunError) as problem:
        RabbitMq(tmp_path).start()
    assert problem.value.head == "stack: RabbitMQ is not installed"
    assert "rabbitmq-server" in problem.value.do and "set RABBITMQ" in problem.value.do
