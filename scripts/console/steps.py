"""What a command is doing, on standard error: in a terminal with the elapsed time, elsewhere one line for each step."""

from __future__ import annotations

import sys
import time
from typing import IO

from penstock.connectors.config.terminals import fancy
from penstock.scripts.console.live_line import TICK, LiveLine
from penstock.scripts.console.words import elapsed


class Steps:
    """The steps of one command, each of which ends where the next one begins. This class shows notes only: it is that of `--quiet`."""

    def __init__(self, err: IO[str] | None = None) -> None:
        self._err = err or sys.stderr

    def step(self, text: str, worth_a_line: bool = True) -> None:
        """A step begins. Plain text has a line for it when it is worth one: when the result does not say the same."""

    def detail(self, text: str) -> None:
        """How far the step is, such as `1,200 records`: shown in a terminal."""

    def say(self, text: str) -> None:
        """Print a note that is no step."""
        self._err.write(f"{text}\n")
        self._err.flush()

    def end(self) -> None:
        """The last step has ended."""


class LineSteps(Steps):
    """A line for each step."""

    def step(self, text: str, worth_a_line: bool = True) -> None:
        if worth_a_line:
            self.say(text)


class LiveSteps(Steps):
    """The step at hand in place, with the seconds that it has taken. A step that has ended leaves a line."""

    def __init__(self, err: IO[str] | None = None, tick: float = TICK) -> None:
        super().__init__(err)
        self._line = LiveLine(self._err, tick)
        self._text = self._detail = ""
        self._begun = 0.0

    def step(self, text: str, worth_a_line: bool = True) -> None:
        with self._line.lock:
            self._leave_line()
            self._text, self._detail, self._begun = text, "", time.monotonic()
            self._line.show(self._shown)

    def detail(self, text: str) -> None:
        self._detail = text

    def say(self, text: str) -> None:
        with self._line.lock:
            self._line.clear()
            super().say(text)
            if self._text:
                self._line.show(self._shown)

    def end(self) -> None:
        with self._line.lock:
            self._leave_line()
            self._line.close()

    def _leave_line(self) -> None:
        if self._text:
            self._line.clear()
            super().say(f"\x1b[2m{self._shown()}\x1b[0m")
            self._text = ""

    def _shown(self) -> str:
        detail = f", {self._detail}" if self._detail else ""
        return f"{self._text}{detail} ... {elapsed(time.monotonic() - self._begun)}"


def steps(quiet: bool) -> Steps:
    """The steps of standard error."""
    return Steps() if quiet else LiveSteps() if fancy(sys.stderr) else LineSteps()
