"""A CSV record is accepted exactly if Flink's decoder, which reads the first row of a record and ignores the rest, reads all of it."""

from __future__ import annotations

from pathlib import Path

from java_program import run_java

COUNT = 200_000
PROGRAM = Path(__file__).parents[2] / "support" / "java" / "CsvTwins.java"


def test_a_record_is_rejected_exactly_if_flinks_decoder_would_ignore_a_part_of_it() -> None:
    done = run_java(PROGRAM, str(COUNT), "1")
    assert done.returncode == 0, done.stdout + done.stderr
    single, several = map(int, done.stdout.split())
    assert min(single, several) > COUNT / 20
