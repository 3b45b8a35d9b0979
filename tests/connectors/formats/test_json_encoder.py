"""The JSON encoder writes the same bytes as Flink's for generated rows of all scalar types. PENSTOCK_FUZZ=N compares N rows."""

from __future__ import annotations

import os
from pathlib import Path

from java_program import run_java

COUNT = int(os.environ.get("PENSTOCK_FUZZ", "50000"))
PROGRAM = Path(__file__).parents[2] / "support" / "java" / "JsonEncoderTwins.java"


def test_both_encoders_write_the_same_bytes() -> None:
    done = run_java(PROGRAM, str(COUNT), "1", timeout=60 + COUNT / 5_000)
    assert done.returncode == 0, done.stdout[:3000] + done.stderr
    assert int(done.stdout) == COUNT
