from __future__ import annotations

import re
from pathlib import Path

import pytest

from penstock.connectors.runtime import class_data
from penstock.scripts.local.health import findings, required


def test_doctor_checks_the_packages_that_the_project_declares() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    declared = text.split("\ndependencies = [")[1].split("]\n\n")[0]
    assert set(required()) == set(re.findall(r'^ *"([A-Za-z0-9_-]+)', declared, re.MULTILINE))
    assert "requests" in required()


def test_doctor_says_how_to_create_a_class_archive_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> dict[str, str]:
        return {finding.what: f"{finding.state} {finding.do}" for finding in findings()}

    monkeypatch.setattr(class_data, "flink_archive", lambda folder: tmp_path / "flink.jsa")
    assert found()["class archive"] == "warn python -m penstock.connectors.runtime.class_data"
    (tmp_path / "flink.jsa").touch()
    assert found()["class archive"].startswith("ok ")
