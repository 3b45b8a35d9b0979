"""Create `.venv` from the lock: the steps of `scripts/setup`. Each step is announced on standard error.

`python -m penstock.scripts.setup_steps STAMP` runs with Python 3.10 to 3.12 and uses only the standard library, because nothing is
installed yet. The stamp (a checksum of the lock) is written last, so that an interrupted set-up is detected and repeated. Exit codes: 0
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
    """Set-up failed. The text has the form of all errors of Penstock: the problem, then found and do. `lines` are the lines of its text.

    This is not a PenstockError, because set-up runs before Penstock's packages are installed.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Expected:
    """The measured sizes of a complete set-up (`python -m benchmarks.set_up`), in bytes.

    `needed` is the peak size of `.venv`, which contains the packages and, during the installation, their downloads. `cache` is what the
    first run of a job adds to the user's cache. `lock` is the SHA-256 hash of the `requirements.lock` that was measured.
    """

    packages: int
    download: int
    installed: int
    needed: int
    cache: int
    lock: str

    @classmethod
    def read(cls) -> Expected:
        """Return the sizes from `setup_size.json`."""
        return cls(**json.loads(Path(__file__).with_name("setup_size.json").read_text(encoding="utf-8")))


class Setup:
    """One set-up of the project in `root`."""

    def __init__(self, root: Path, line: Line, log: IO[bytes], environ: Mapping[str, str]) -> None:
        self._root, self._line, self._log = root, line, log
        self._venv = root / ".venv"
        self._temporary = self._venv / "tmp"
        # Temporary files of pip go into .venv, so that only one file system needs space, the one that check_disk inspects.
        # With two retries instead of pip's five, set-up fails within seconds without a network.
        self._environ = {"PIP_RETRIES": "2", **environ, "TMPDIR": str(self._temporary), "PYTHONUNBUFFERED": "1"}

    def run(self, stamp: str) -> None:
        """Run all steps. Raises SetupError."""
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
                [str(self._venv / "bin/python"), "-m", "penstock.connectors.runtime.class_data"],
                "compiling and archiving",
                self._fetching,
            )
        except SetupError as problem:  # the class archive is optional: without it every start takes longer
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
            self._line.say("requirements.lock or pyproject.toml has changed since .venv was created: creating it again")
        elif self._venv.exists():
            self._line.say("an earlier set-up did not finish: starting it again")
        else:
            self._line.say("first run: setting up once, which takes some minutes")

    def _fetching(self, text: str) -> None:
        if text.startswith("fetch"):
            self._line.say(f"  {text}")

    def _pip(self, pip: Pip, arguments: list[str], doing: str | Callable[[float], str]) -> None:
        """Run `pip install` and show its progress."""
        output: list[str] = []

        def follow(text: str) -> None:
            pip.feed(text)
            output.append(text)

        command = [str(self._venv / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
        try:
            self._command(command, doing, follow)
        except SetupError:
            raise SetupError(explain(pip, output, self._log.name)) from None

    def _command(
        self,
        command: list[str],
        doing: str | Callable[[float], str],
        read: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Run a program. Its output goes to the log and, line by line, to `read`. Meanwhile `doing` is shown.

        Raises SetupError with the program's last lines.
        """
        last: list[str] = []
        began = time.monotonic()
        pipe, writer = os.pipe()
        process = subprocess.Popen(command, stdout=writer, stderr=writer, env=self._environ, cwd=self._root)
        os.close(writer)
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
    """Raise SetupError when the disk has too little free space for a set-up."""
    if free < needed:
        raise SetupError(
            f"not enough free disk for set-up\n  found    {size(free)} free at {root}\n"
            f"  allowed  at least about {size(needed)}: the packages and, during the installation, their downloads\n"
            "  do       free disk space, or clone the project onto a larger disk"
        )


def explain(pip: Pip, output: list[str], log: str) -> str:
    """Return the error for a failed `pip install`, from the output of pip."""
    text = "\n".join(output)
    if pip.trouble:
        return (
            f"pip could not download the packages: no network, or the package index is blocked\n"
            f"  found    {pip.index}: {pip.trouble}\n"
            "  do       connect to a network and run again; behind a proxy set HTTPS_PROXY and PIP_CERT, for another index PIP_INDEX_URL;\n"
            "           without a network set PIP_NO_INDEX=1 and PIP_FIND_LINKS=<folder with wheel and the packages of requirements.lock>\n"
            f"  log      {log}"
        )
    if "No space left on device" in text or os.strerror(errno.ENOSPC) in text:
        return f"the disk is full\n  do       free disk space and run it again\n  log      {log}"
    missing = [line.removeprefix("ERROR: ") for line in output if line.startswith("ERROR: No matching distribution")]
    if missing:
        return (
            f"the package index does not have a package of requirements.lock\n  found    {missing[0]}\n"
            "  do       use another index (PIP_INDEX_URL) or a folder (PIP_FIND_LINKS) that has the package\n"
            f"  log      {log}"
        )
    last = [line for line in output if line.strip()][-_LAST_LINES:]
    return "\n".join([*last, "set-up failed: the last lines of pip's output are above", f"  log      {log}"])


def main(root: Path, stamp: str) -> int:
    """Set up `root`, or wait for another process that does it. Returns the exit code."""
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
            line.say("set-up interrupted: the next call starts it again")
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1], sys.argv[1]))
