"""The progress line of set-up, derived from the output of pip. Uses only the standard library, because nothing is installed yet."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from penstock.connectors.config.terminals import fancy

_PLAIN_SECONDS = 10.0
_LIVE_SECONDS = 0.2
_BAR = 20
_UNITS = {"bytes": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_FILE = re.compile(r"\s*(Downloading|Using cached|Processing) (\S+)(?: \(([\d.]+) (bytes|kB|MB|GB)\))?")
_BROKEN = re.compile(r"connection broken by '(.*)': (\S+)")
_NETWORK = re.compile(
    r"Retrying \(Retry|NewConnectionError|ConnectionError|ConnectionReset|ProxyError|SSLError|Timeout|timed out|ProtocolError"
    r"|IncompleteRead|Connection broken|name resolution|HTTP error [45]\d\d|[45]\d\d Client Error|[45]\d\d Server Error"
)


class Line:
    """A progress line: replaced in place on a terminal; otherwise a new line at most every ten seconds."""

    def __init__(self, err: TextIO, environ: Mapping[str, str]) -> None:
        self._err = err
        self._live = fancy(err, environ)
        self._shown = False
        self._last = time.monotonic()

    def say(self, text: str) -> None:
        """Write a permanent line."""
        self.clear()
        self._err.write(text + "\n")
        self._err.flush()
        self._last = time.monotonic()

    def show(self, text: str) -> None:
        """Write a line that the next line replaces."""
        now = time.monotonic()
        if now - self._last < (_LIVE_SECONDS if self._live else _PLAIN_SECONDS):
            return
        if not self._live:
            self.say(text)
            return
        self.clear()
        self._err.write(text[: self._width() - 1])
        self._err.flush()
        self._shown, self._last = True, now

    def clear(self) -> None:
        """Remove the replaceable line."""
        if self._shown:
            self._err.write("\r\x1b[K")
            self._err.flush()
            self._shown = False

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._err.fileno()).columns or 80
        except (OSError, ValueError):
            return 80


class Pip:
    """The progress of `pip install -r`, derived from its output. Sizes are in bytes, as pip reports them.

    `expected` is the measured size of all downloads, the full length of the bar.
    """

    def __init__(self, locked: int, expected: int, site: Path, temporary: Path) -> None:
        self._expected = expected
        self.total, self.got, self.downloaded, self.cached = locked, 0, 0, 0
        self.index = "pip's default package index"
        self.trouble = ""
        self._site, self._temporary = site, temporary
        self._file, self._size = "", 0
        self._doing = ""
        self._installing = False

    def feed(self, line: str) -> None:
        """Process one line of pip's output."""
        if found := _FILE.match(line):
            self._finish()
            self.trouble = ""
            what, name, number, unit = found.groups()
            size = round(float(number) * _UNITS[unit]) if number else 0
            if name.endswith(".metadata"):
                return
            self.got += 1
            self._doing = ""
            if what == "Downloading":
                self._file, self._size = name, size
            elif what == "Using cached":
                self.cached += size
        elif line.startswith("Ignoring ") and "markers" in line:
            self.total -= 1
        elif line.startswith("Looking in indexes: "):
            self.index = line.removeprefix("Looking in indexes: ").strip()
        elif line.startswith("Collecting "):
            self._finish()
            self._doing = self.trouble = ""
        elif line.startswith(("  Installing build dependencies: started", "  Preparing metadata")):
            self._finish()
            self._doing = "preparing a source package"
        elif line.startswith("  Building wheel for "):
            self._finish()
            self._doing = f"building {line.split()[3]}"
        elif line.startswith("Installing collected packages"):
            self._finish()
            self._doing, self._installing = "", True
        if _NETWORK.search(line):
            self.trouble = _words(line)

    def _finish(self) -> None:
        self.downloaded += self._size
        self._file, self._size = "", 0

    def text(self, seconds: float) -> str:
        """Return the progress line: elapsed time, a bar, packages and bytes so far, and the current file."""
        if self._installing:
            done = min(
                self.total, max(0, sum(1 for _ in self._site.glob("*.dist-info")) - 1)
            )  # pip itself is one of them
            return f"  {clock(seconds)} {bar(done, self.total)} unpacked {done} of {self.total} packages"
        done, part = self.got - bool(self._file), self._partial()
        received = self.downloaded + part
        text = f"  {clock(seconds)} {bar(received + self.cached, self._expected)} {done} of {self.total} packages, {size(received)}"
        if self.cached:
            text += f" (and {size(self.cached)} from pip's cache)"
        if self.trouble:
            return f"{text}; retrying: {self.trouble}"
        if self._file and self._size > _UNITS["MB"]:
            name = re.split(r"-\d", self._file)[0]
            return f"{text}; {name}: {size(part)} of {size(self._size)}"
        return f"{text}; {self._doing}" if self._doing else text

    def _partial(self) -> int:
        """Return the downloaded bytes of the current file, which pip writes into its temporary folder."""
        if not self._file:
            return 0
        return max((_bytes(path) for path in self._temporary.glob(f"pip-unpack-*/{self._file}")), default=0)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _words(line: str) -> str:
    """Return the reason in a line of pip's output, without object representations and memory addresses."""
    if found := _BROKEN.search(line):
        line = found[1]
    line = re.sub(r"<[^<>]* object at 0x[0-9a-f]+>(: |, )?", "", line).strip()
    line = re.sub(r"^(WARNING|ERROR): ", "", line)
    while found := re.fullmatch(r"\w*(?:Error|Exception)\((.*)\)", line):
        line = found[1].strip("'\"")
    return line[:200]


def locked(text: str) -> int:
    """Return the number of requirements in a lock, before environment markers are evaluated."""
    return len(re.findall(r"^[A-Za-z0-9][\w.\-\[\]]*==", text, re.MULTILINE))


def bar(done: int, total: int) -> str:
    """Return a progress bar of ASCII characters."""
    filled = min(_BAR, _BAR * done // total) if total else 0
    return f"[{'#' * filled}{'-' * (_BAR - filled)}]"


def clock(seconds: float) -> str:
    """Return minutes and seconds, such as `1:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def size(count: float) -> str:
    """Return bytes in a readable unit, with powers of ten as pip does."""
    if count < _UNITS["MB"]:
        return f"{count / _UNITS['kB']:.0f} kB"
    return f"{count / _UNITS['MB']:.0f} MB" if count < _UNITS["GB"] else f"{count / _UNITS['GB']:.1f} GB"


def line() -> Line:
    """Return the progress line on standard error."""
    return Line(sys.stderr, os.environ)
