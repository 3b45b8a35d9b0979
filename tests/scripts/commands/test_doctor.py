from __future__ import annotations

import json
from pathlib import Path

from cli import penstock


def test_this_machine_is_fit() -> None:
    done = penstock("doctor", "--output", "json")
    found = {finding["what"]: finding["state"] for finding in json.loads(done.stdout)}
    assert {found[what] for what in ("Python", "packages", "Java", "Flink", "cache")} == {"ok"}
    assert done.returncode == 0


def test_what_is_wrong_comes_with_its_cure() -> None:
    done = penstock("doctor", PENSTOCK_CACHE="/proc/version/x")
    assert done.returncode == 1
    assert "BAD  cache: /proc/version/x cannot be written\n       do  set PENSTOCK_CACHE" in done.stdout


def test_a_java_home_that_is_none_is_not_used(tmp_path: Path) -> None:
    assert "is no Java 17 or 21 and is not used" in penstock("doctor", JAVA_HOME=str(tmp_path)).stdout
