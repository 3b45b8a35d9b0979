"""The JSON decoder that reads bytes, and the one that reads with Jackson, agree on generated and mutated records.

PENSTOCK_FUZZ=N compares N records; without it, `scripts/test` alone compares a quarter of those that CI compares. A part of the records has
escapes, characters of all planes, numbers at the limits of the types, nested values of keys without a column, and changed, missing or
additional bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from java_program import run_java

COUNT = int(os.environ.get("PENSTOCK_FUZZ", "200000" if os.environ.get("PENSTOCK_ALL_EXAMPLES") else "50000"))
PROGRAM = Path(__file__).parents[2] / "support" / "java" / "JsonTwins.java"


def test_both_decoders_read_the_same_rows_and_reject_the_same_records() -> None:
    done = run_java(PROGRAM, str(COUNT), "1", timeout=60 + COUNT / 10_000)
    assert done.returncode == 0, done.stdout + done.stderr
    count, read, rejected = map(int, done.stdout.split())
    assert count == COUNT
    assert read > COUNT / 5, "most generated records must be those that the fast decoder reads or rejects"
    assert rejected > COUNT / 50
