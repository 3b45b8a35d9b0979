from __future__ import annotations

import io
import time

from penstock.scripts.console.steps import LineSteps, LiveSteps, Steps


def test_plain_text_has_one_line_for_each_step() -> None:
    err = io.StringIO()
    steps = LineSteps(err)
    steps.step("orders: packaging", worth_a_line=False)
    steps.step("orders: planning")
    steps.detail("half of it")
    steps.step("orders: starting")
    steps.end()
    assert err.getvalue() == "orders: planning\norders: starting\n"


def test_quiet_shows_notes_only() -> None:
    err = io.StringIO()
    steps = Steps(err)
    steps.step("orders: planning")
    steps.say("port 9092 is taken")
    steps.end()
    assert err.getvalue() == "port 9092 is taken\n"


def test_a_terminal_shows_the_elapsed_time_and_leaves_a_line_for_each_step() -> None:
    err = io.StringIO()
    steps = LiveSteps(err, tick=0.02)
    steps.step("planning")
    until = time.monotonic() + 10
    while err.getvalue().count("planning ... ") < 3:  # it is shown again while nothing is said
        assert time.monotonic() < until
        time.sleep(0.01)
    steps.detail("3 of 4")
    steps.say("a note")
    steps.step("starting")
    steps.end()
    text = err.getvalue()
    assert text.startswith("\r\x1b[Kplanning ... 0.0 s")
    assert "\r\x1b[Ka note\n" in text
    assert [line.split("\x1b[2m")[1].split(" ... ")[0] for line in text.splitlines() if "\x1b[2m" in line] == [
        "planning, 3 of 4", "starting"
    ]  # fmt: skip
    steps.end()
    assert err.getvalue() == text
