"""Rows and signals. `stop` needs a real job: tests/scripts/commands/test_run.py and tests/faults/test_runs.py."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from penstock.scripts.local.pipe import Pipe
from penstock.scripts.local.stopping import Rows, asked_to_stop


@pytest.mark.parametrize(
    ("limit", "shown", "left_out", "reached"),
    [(None, 4, 0, False), (5, 4, 0, False), (4, 4, 0, True), (3, 3, 1, True), (1, 1, 3, True), (0, 0, 4, True)],
)
def test_at_most_limit_rows_are_passed_on_and_the_others_are_counted(
    tmp_path: Path, limit: int | None, shown: int, left_out: int, reached: bool
) -> None:
    passed: list[bytes] = []
    with Pipe(tmp_path / "rows") as pipe, pipe.path.open("wb", buffering=0) as writer:
        rows = Rows(pipe, limit, passed.extend)
        for part in (b"1\n2\n", b"3\n4\n"):
            writer.write(part)
            assert rows.take(1)
        assert not rows.take(0)
    assert passed == [b"1", b"2", b"3", b"4"][:shown]
    assert (rows.left_out, rows.limit_reached) == (left_out, reached)


def test_all_rows_in_the_pipe_are_passed_on(tmp_path: Path) -> None:
    passed: list[bytes] = []
    with Pipe(tmp_path / "rows") as pipe, pipe.path.open("wb", buffering=0) as writer:
        writer.write(b"1\n2\n")
        Rows(pipe, None, passed.extend).drain()
    assert passed == [b"1", b"2"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_second_interrupts(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with asked_to_stop() as asked:
        assert asked == []
        os.kill(os.getpid(), number)
        assert asked == [number]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
