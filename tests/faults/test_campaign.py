"""Ten faults on a job with state, and the controls that show that the harness would see what they break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from cli import ENVIRON, ROOT


def test_ten_faults_and_every_record_once(tmp_path: Path) -> None:
    faults = ["--taskmanager", "6", "--broker", "1", "--pause", "1", "--upgrade", "1", "--network", "1"]
    seed = os.environ.get("PENSTOCK_SEED", "7")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--job", "rolling_sum", "--records", "20000", "--seed", seed, *faults],
        cwd=ROOT, env=ENVIRON, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    found = json.loads(done.stdout)
    assert found["records"] >= 10_000
    assert found["faults"] == {"taskmanager": 6, "broker": 1, "pause": 1, "upgrade": 1, "network": 1}
    for damage in ("missing", "twice", "out_of_order", "wrong", "unaccounted", "orphans"):
        assert found[damage] == 0, done.stderr
    assert found["control"]["twice"] > 0
    assert found["control"]["missing"] == 1
