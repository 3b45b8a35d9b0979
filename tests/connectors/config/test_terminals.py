from __future__ import annotations

import io

import pytest

from penstock.connectors.config.terminals import fancy


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)]
)
def test_colours_need_a_terminal_that_wants_them(
    environ: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"TERM": "xterm", **environ}
    assert fancy(_Terminal(), environ) == wanted
    assert not fancy(io.StringIO(), environ)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert fancy(_Terminal()) == wanted
