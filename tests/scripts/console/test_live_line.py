from __future__ import annotations

import io
import time

import pytest

from penstock.scripts.console.live_line import LiveLine


def test_it_is_written_again_cut_to_the_terminal_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    err = io.StringIO()
    line = LiveLine(err, tick=0.01)
    numbers = iter(range(1_000_000))
    line.show(lambda: f"{next(numbers)} of a long text")
    until = time.monotonic() + 10
    while "\r\x1b[K2 of a lo" not in err.getvalue():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert err.getvalue().startswith("\r\x1b[K0 of a lo\r\x1b[K1 of a lo\r")
    line.clear()
    text = err.getvalue()
    assert text.endswith("\r\x1b[K")
    line.clear()
    line.close()
    time.sleep(0.05)
    assert err.getvalue() == text
