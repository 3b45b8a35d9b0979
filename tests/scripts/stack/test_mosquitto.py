"""A real Mosquitto broker of a stack."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from topics import needs_mosquitto, publish, subscribe, waiting

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.mosquitto import Mosquitto
from penstock.scripts.stack.processes import free_port, listening


@needs_mosquitto
def test_it_keeps_its_messages_and_port_and_leaves_no_process(tmp_path: Path) -> None:
    server = Mosquitto(tmp_path)
    assert server.address is None and not server.ready
    try:
        address = server.start(free_port())
        assert server.ready and address == server.address == server.start()
        subscribe(server, "kept", "kept")
        publish(server, [("kept", b"%d" % n) for n in range(2_000)])
        for name in ("password", "users", "mosquitto.conf"):
            assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600
        port = server.service.port
        assert server.stop() and not server.stop()
        assert port and not listening(port)
        assert server.start() == address
        assert waiting(server, "kept") == [b"%d" % n for n in range(2_000)]
    finally:
        server.stop()
        server.remove()


def test_without_its_programs_it_is_an_error_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mosquitto, "installed", staticmethod(lambda: None))
    with pytest.raises(RunError) as problem:
        Mosquitto(tmp_path).start()
    assert problem.value.head == "stack: Mosquitto is not installed"
    assert "mosquitto" in problem.value.do and "set MQTT" in problem.value.do
