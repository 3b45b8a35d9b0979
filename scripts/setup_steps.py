"""Make `.venv` from the lock: the steps of `scripts/setup`, each said on standard error before it begins.

`python -m penstock.scripts.setup_steps STAMP`, with any Python 3.10 to 3.12 and nothing installed: only the standard library is used.
The stamp (a checksum of the lock) is written last, so a set-up that was broken off is noticed and done again. Exit codes: 0
done, 1 failed, 130 interrupted.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from penstock.scripts import setup_progress
from penstock.scripts.setup_progress import Line, Pip, clock, size

_TICK = 0.2
_LAST_LINES = 15
_STOP_SECONDS = 10


class SetupError(Exception):
    """Why set-up failed, in the form of every error of ours: what, then found and do. `lines` are the lines of its text.

    It is no PenstockError: set-up runs before Penstock's packages are installed.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Expected:
    """What a set-up from nothing took when `python -m benchmarks.set_up` measured it. All but `packages` in bytes.

    `needed` is the most that `.venv` held at any time: packages, and while they are installed their downloads.
    """

    packages: int
    download: int
    installed: int
    needed: int

    @classmethod
    def read(cls) -> Expected:
        """The figures of `setup_size.json`."""
        return cls(**json.loads(Path(__file__).with_name("setup_size.json").read_text(encoding="utf-8")))


class Setup:
    """One set-up of the project in `root`."""

    def __init__(self, root: Path, line: Line, log: IO[bytes], environ: Mapping[str, str]) -> None:
        self._root, self._line, self._log = root, line, log
        self._venv = root / ".venv"
        self._temporary = self._venv / "tmp"
        # pip's temporary files go into .venv, so that one file system has to have room, and it is the one that is checked.
        # Fewer retries than pip's five: without a network the answer comes in seconds.
        self._environ = {"PIP_RETRIES": "2", **environ, "TMPDIR": str(self._temporary), "PYTHONUNBUFFERED": "1"}

    def run(self, stamp: str) -> None:
        """Do all steps. Raises SetupError."""
        began, expected = time.monotonic(), Expected.read()
        lock = (self._root / "requirements.lock").read_text(encoding="utf-8")
        self._why()
        self._line.say(f"[1/4] creating .venv with Python {platform.python_version()}")
        self._command([sys.executable, "-m", "venv", "--clear", str(self._venv)], "creating .venv")
        self._temporary.mkdir()
        check_disk(shutil.disk_usage(self._venv).free, expected.needed, self._root)
        self._line.say(
            f"[2/4] installing {expected.packages} packages (about {size(expected.download)} to download, "
            f"{size(expected.installed)} on disk)"
        )
        site = self._venv / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        pip = Pip(setup_progress.locked(lock), expected.download, site, self._temporary)
        self._pip(
            pip, ["--progress-bar", "off", "--require-hashes", "-r", str(self._root / "requirements.lock")], pip.text
        )
        self._line.say("[3/4] installing the penstock command")
        own = Pip(1, 0, site, self._temporary)
        self._pip(own, ["--no-deps", "--no-build-isolation", "-e", str(self._root)], "installing penstock")
        self._line.say("[4/4] compiling Penstock's Java and archiving Flink's classes, so that runs start faster")
        try:
            self._command(
                [str(self._venv / "bin/python"), "-m", "penstock.scripts.jvm.class_data"],
                "compiling and archiving",
                self._fetching,
            )
        except SetupError as problem:  # speed, not need: without the class archive every start takes longer
            why = [text for text in problem.lines if not text.startswith("fetch")]
            self._line.say(
                "\n".join(["no class archive: every start takes longer", *why, f"  log      {self._log.name}"])
            )
        shutil.rmtree(self._temporary, ignore_errors=True)
        (self._venv / ".penstock").write_text(stamp, encoding="ascii")
        cached = f" ({size(pip.cached)} more came from pip's cache)" if pip.cached else ""
        self._line.say(
            f"set up in {clock(time.monotonic() - began)}: {size(pip.downloaded)} of packages downloaded{cached}"
        )

    def _why(self) -> None:
        if (self._venv / ".penstock").exists():
            self._line.say("requirements.lock or pyproject.toml has changed since .venv was made: it is made again")
        elif self._venv.exists():
            self._line.say("an earlier set-up did not finish: it begins again")
        else:
            self._line.say("first run: setting up, once; it takes some minutes")

    def _fetching(self, text: str) -> None:
        if text.startswith("fetch"):
            self._line.say(f"  {text}")

    def _pip(self, pip: Pip, arguments: list[str], doing: str | Callable[[float], str]) -> None:
        """`pip install`, with a line that follows it."""
        said: list[str] = []

        def follow(text: str) -> None:
            pip.feed(text)
            said.append(text)

        command = [str(self._venv / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
        try:
            self._command(command, doing, follow)
        except SetupError:
            raise SetupError(explain(pip, said, self._log.name)) from None

    def _command(
        self,
        command: list[str],
        doing: str | Callable[[float], str],
        read: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Run a program; what it writes goes to the log, and line by line to `read`. `doing` is what is shown meanwhile.

        Raises SetupError with the program's last lines.
        """
        last: list[str] = []
        began = time.monotonic()
        pipe, theirs = os.pipe()
        process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=self._environ, cwd=self._root)
        os.close(theirs)
        try:
            rest = b""
            while True:
                if select.select([pipe], [], [], _TICK)[0]:
                    chunk = os.read(pipe, 1 << 16)
                    if not chunk:
                        break
                    self._log.write(chunk)
                    self._log.flush()
                    *lines, rest = (rest + chunk).split(b"\n")
                    for text in (line.decode(errors="replace") for line in lines):
                        read(text)
                        last = [*last, text][-_LAST_LINES:]
                elapsed = time.monotonic() - began
                self._line.show(f"  {clock(elapsed)} {doing}" if isinstance(doing, str) else doing(elapsed))
        except BaseException:
            process.terminate()
            raise
        finally:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(pipe)
        self._line.clear()
        if process.returncode:
            said = [text for text in last if text.strip()]
            raise SetupError(*(said or [f"{command[0]} ended with {process.returncode}"]))


def check_disk(free: int, needed: int, root: Path) -> None:
    """Raises SetupError when a set-up will not fit."""
    if free < needed:
        raise SetupError(
            f"not enough free disk for set-up\n  found    {size(free)} free at {root}\n"
            f"  allowed  about {size(needed)} or more: packages and, while they are installed, their downloads\n"
            "  do       free some, or clone the project onto a larger disk"
        )


def explain(pip: Pip, said: list[str], log: str) -> str:
    """The error for a `pip install` that failed, from what pip wrote."""
    text = "\n".join(said)
    if pip.trouble:
        return (
            f"the packages could not be downloaded: no network, or the package index is blocked\n"
            f"  found    {pip.index}: {pip.trouble}\n"
            "  do       connect and call again; behind a proxy set HTTPS_PROXY, for another index PIP_INDEX_URL; without a\n"
            "           network set PIP_NO_INDEX=1 and PIP_FIND_LINKS to a folder with those of requirements.lock and wheel\n"
            f"  log      {log}"
        )
    if "No space left on device" in text or os.strerror(errno.ENOSPC) in text:
        return f"the disk is full\n  do       free some and call again\n  log      {log}"
    missing = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: No matching distribution")]
    if missing:
        return (
            f"the package index lacks a package of requirements.lock\n  found    {missing[0]}\n"
            "  do       use an index that has it (PIP_INDEX_URL), or a folder with it (PIP_FIND_LINKS)\n"
            f"  log      {log}"
        )
    last = [line for line in said if line.strip()][-_LAST_LINES:]
    return "\n".join([*last, "set-up failed: pip's last lines are above", f"  log      {log}"])


def main(root: Path, stamp: str) -> int:
    """Set up `root`, or wait for another process that does."""
    line = setup_progress.line()
    with (root / ".venv.log").open("ab") as log:
        try:
            try:
                fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                line.say("another set-up of this folder is running: waiting for it")
                fcntl.flock(log, fcntl.LOCK_EX)
            done = root / ".venv" / ".penstock"
            if done.exists() and done.read_text(encoding="ascii") == stamp and (root / ".venv/bin/penstock").exists():
                return 0
            log.truncate(0)
            Setup(root, line, log, os.environ).run(stamp)
        except SetupError as problem:
            line.say(str(problem))
            return 1
        except OSError as problem:
            line.say(f"set-up failed: {problem}\n  log      {log.name}")
            return 1
        except KeyboardInterrupt:
            line.say("set-up interrupted: the next call begins it again")
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1], sys.argv[1]))
