from __future__ import annotations

import re
from pathlib import Path

from penstock.scripts.local.health import required


def test_doctor_checks_the_packages_that_the_project_declares() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    declared = text.split("\ndependencies = [")[1].split("]\n\n")[0]
    assert set(required()) == set(re.findall(r'^ *"([A-Za-z0-9_-]+)', declared, re.MULTILINE))
    assert "requests" in required()
