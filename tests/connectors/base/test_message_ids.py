"""The ids of messages in Java (`MessageIds.java`), in the situations in which a broker delivers messages again."""

from __future__ import annotations

from pathlib import Path

from java_program import run_java

PROGRAM = Path(__file__).parents[2] / "support" / "java" / "MessageIdsScenario.java"


def test_an_id_is_known_as_long_as_its_message_may_be_delivered_again() -> None:
    done = run_java(PROGRAM)
    assert done.stdout.splitlines() == [
        "new true, again false, without an id truetrue",
        "acknowledged just before the last 10,000: true",
        "acknowledged within a minute of connection: true",
        "acknowledged longer ago: false",
        "restored, connected for a short time: true",
        "restored, connected for five minutes: false",
        "restored and delivered again, not acknowledged: true",
        "not sent: true",
        "sent before the connection was lost: true",
        "the next connection lasted for five minutes: false",
    ], done.stderr
