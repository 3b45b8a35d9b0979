"""Five kinds of faults on a job with state, and controls that prove that the harness detects damage. `scripts/faults` runs more of
them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from cli import ENVIRON, ROOT

pytestmark = pytest.mark.slow


def test_after_five_faults_there_is_every_record_once() -> None:
    kinds = ("taskmanager", "broker", "pause", "upgrade", "network")
    faults = [word for kind in kinds for word in (f"--{kind}", "1")]
    seed = os.environ.get("PENSTOCK_SEED", "7")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--job", "rolling_sum", "--records", "10000", "--seed", seed, *faults],
        cwd=ROOT, env=ENVIRON, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    found = json.loads(done.stdout)
    assert found["records"] >= 10_000
    assert found["faults"] == dict.fromkeys(kinds, 1)
    for damage in ("missing", "twice", "out_of_order", "wrong", "unaccounted", "orphans"):
        assert found[damage] == 0, done.stderr
    assert found["control"]["twice"] > 0
    assert found["control"]["missing"] == 1
