"""What is changed in Flink's own configuration for an image."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from penstock.connectors.runtime.home import flink_home
from penstock.scripts.stack.flink_home import open_to_others


def test_a_task_manager_in_a_container_is_not_known_as_localhost(tmp_path: Path) -> None:
    """Else there are no metrics, and no exchange of rows between two of them: `docker/try.sh` shows both."""
    config = tmp_path / "config.yaml"
    shutil.copy(flink_home() / "conf" / "config.yaml", config)
    before = yaml.safe_load(config.read_text())
    assert before["taskmanager"].pop("host") == "localhost"
    open_to_others(config)
    assert yaml.safe_load(config.read_text()) == before
    with pytest.raises(ValueError, match="0 times"):
        open_to_others(config)
