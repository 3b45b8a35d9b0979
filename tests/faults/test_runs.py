"""Every row that the last line of a stopped local run counts can be read once, and no other row."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from cli import ENVIRON, ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("source", "sink", "dead", "stops"),
    [
        ("kafka", "kafka", "files", ["timeout", "limit"]),
        ("files", "files", "kafka", ["interrupt", "terminate"]),
    ],
)
def test_the_counts_of_a_stopped_run_are_what_can_be_read(source: str, sink: str, dead: str, stops: list[str]) -> None:
    edges = ["--source", source, "--sink", sink, "--dead", dead]
    counts = [word for stop in stops for word in (f"--{stop}", "1")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--job", "copy", "--seed", "5", *edges, *counts],
        cwd=ROOT, env=ENVIRON, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    found = json.loads(done.stdout)
    assert found["records"] > 0
    assert found["faults"] == dict.fromkeys(stops, 1)
    for damage in ("missing", "twice", "wrong", "unaccounted"):
        assert found[damage] == 0, found
    assert found["control"]["twice"] > 0
    assert found["control"]["missing"] > 0
