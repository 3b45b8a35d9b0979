"""Changes to Flink's own configuration for a container image."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from penstock.connectors.runtime.home import flink_home
from penstock.scripts.stack.flink_home import open_to_others


def test_a_taskmanager_in_a_container_does_not_use_localhost(tmp_path: Path) -> None:
    """With localhost, metrics and the exchange of rows between TaskManagers fail: `docker/try.sh` tests both."""
    config = tmp_path / "config.yaml"
    shutil.copy(flink_home() / "conf" / "config.yaml", config)
    before = yaml.safe_load(config.read_text())
    assert before["taskmanager"].pop("host") == "localhost"
    open_to_others(config)
    assert yaml.safe_load(config.read_text()) == before
    with pytest.raises(ValueError, match="found it 0 times"):
        open_to_others(config)
