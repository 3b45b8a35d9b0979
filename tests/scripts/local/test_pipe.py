from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from penstock.scripts.local.pipe import Pipe


def test_lines_are_returned_when_they_are_complete(tmp_path: Path) -> None:
    with Pipe(tmp_path / "rows") as pipe, pipe.path.open("wb", buffering=0) as writer:
        writer.write(b"one\ntwo\nthr")
        assert pipe.lines(1) == [b"one", b"two"]
        assert pipe.lines(0) == []
        writer.write(b"ee\n\n")
        assert pipe.lines(1) == [b"three", b""]


def test_without_data_the_wait_ends_and_no_writer_is_needed(tmp_path: Path) -> None:
    with Pipe(tmp_path / "rows") as pipe:
        begun = time.monotonic()
        assert pipe.lines(0.05) == []
        assert 0.04 < time.monotonic() - begun < 5


def test_a_writer_that_ends_is_not_the_end_of_the_rows(tmp_path: Path) -> None:
    with Pipe(tmp_path / "rows") as pipe:
        for line in (b"one\n", b"two\n"):
            with pipe.path.open("wb") as writer:
                writer.write(line)
        assert pipe.lines(1) == [b"one", b"two"]
        assert pipe.lines(0) == []


def test_a_line_longer_than_a_read_is_returned_whole(tmp_path: Path) -> None:
    long = b"x" * 200_000
    with Pipe(tmp_path / "rows") as pipe:
        descriptor = os.open(pipe.path, os.O_WRONLY | os.O_NONBLOCK)
        left, found = long + b"\n", list[bytes]()
        while left or not found:
            try:
                left = left[os.write(descriptor, left) :] if left else left
            except BlockingIOError:
                pass
            found += pipe.lines(0.01)
        os.close(descriptor)
    assert found == [long]


def test_other_users_cannot_read_the_rows(tmp_path: Path) -> None:
    with Pipe(tmp_path / "rows") as pipe:
        mode = pipe.path.stat().st_mode
        assert (stat.S_ISFIFO(mode), stat.S_IMODE(mode)) == (True, 0o600)
