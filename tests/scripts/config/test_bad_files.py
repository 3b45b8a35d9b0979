"""Bad job files, each with its whole message beside it. `PENSTOCK_REWRITE=1` writes the messages anew: read the change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.connectors.base.problems import ConfigError
from penstock.scripts.config.load import load

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_message_is_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as caught:
        load(Path(file.name), environ={})
    message = str(caught.value).replace(f"{BAD}/", "") + "\n"
    expected = file.with_suffix(".txt")
    if os.environ.get("PENSTOCK_REWRITE"):
        expected.write_text(message, encoding="utf-8")
    assert message == expected.read_text(encoding="utf-8")
    assert caught.value.exit_code == 2


def test_there_are_at_least_fifty() -> None:
    assert len(FILES) >= 50
