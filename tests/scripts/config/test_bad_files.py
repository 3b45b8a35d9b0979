"""Invalid job files, each with its complete message. `PENSTOCK_REWRITE=1` rewrites the messages; read the difference afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.config.load import load

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_complete_message_is_as_expected(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as caught:
        load(Path(file.name), environ={})
    message = str(caught.value).replace(f"{BAD}/", "") + "\n"
    expected = file.with_suffix(".txt")
    if os.environ.get("PENSTOCK_REWRITE"):
        expected.write_text(message, encoding="utf-8")
    assert message == expected.read_text(encoding="utf-8")
    assert caught.value.exit_code == 2


def test_at_least_fifty_invalid_files_are_tested() -> None:
    assert len(FILES) >= 50
