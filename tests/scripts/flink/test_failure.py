from __future__ import annotations

from pathlib import Path

from penstock.scripts.flink.failure import cause

LOST = """An error occurred while calling o1.get.
: java.util.concurrent.ExecutionException: org.apache.flink.X: Job failed
Caused by: org.apache.flink.util.FlinkException: An OperatorEvent from an OperatorCoordinator to a task was lost.
Caused by: org.apache.flink.runtime.operators.coordination.TaskNotRunningException: Task is not running, but in state FAILED
"""
LOG = """2026-11-21 22:00:00,000 INFO  x [] - job started
2026-11-21 22:00:01,000 WARN  Task [] - Source: x (1/1)#0 switched from RUNNING to FAILED with failure cause:
java.io.IOException: Failed to deserialize JSON '{oops'.
\tat org.apache.flink.X
Caused by: com.fasterxml.jackson.core.JsonParseException: Unexpected character ('o')
\t... 6 more
2026-11-21 22:00:02,000 INFO  x [] - gone
"""


def test_the_root_cause_comes_first_and_wrappers_are_left_out(tmp_path: Path) -> None:
    text = ": org.apache.flink.table.api.ValidationException: SQL validation failed.\n"
    text += "Caused by: org.apache.calcite.CalciteException: Column 'b' not found\n"
    assert (
        cause(RuntimeError(text), tmp_path).text()
        == "the job failed: CalciteException: Column 'b' not found\n  in  ValidationException: SQL validation failed."
    )


def test_a_consequence_is_replaced_by_its_cause_from_the_log(tmp_path: Path) -> None:
    (tmp_path / "flink.log").write_text(LOG, encoding="utf-8")
    assert cause(RuntimeError(LOST), tmp_path).text().splitlines() == [
        "the job failed: JsonParseException: Unexpected character ('o')",
        "  in  IOException: Failed to deserialize JSON '{oops'.",
        "  why      A record cannot be decoded with the configured format and columns.",
        "  do       Fix the producer, or correct columns or format of the source; the text of the record is above. on_error: dead_letter "
        "keeps such records and continues.",
    ]


def test_the_error_of_an_undecodable_record_of_kafka_has_its_reason_and_text_and_no_unfinished_line() -> None:
    """Flink's message ends with `due to` and holds no position."""
    trace = """java.lang.RuntimeException: One or more fetchers have encountered exception
\tat org.apache.flink.X.y(X.java:1)
Caused by: java.io.IOException: Failed to deserialize consumer record due to
\tat org.apache.flink.X.y(X.java:2)
Caused by: java.io.IOException: a record cannot be decoded (decode): invalid JSON at column 5; the record: not json
\tat penstock.GuardedSchema.deserialize(GuardedSchema.java:3)
"""
    first, second, *_ = cause(RuntimeError(trace)).text().splitlines()
    assert first.endswith("a record cannot be decoded (decode): invalid JSON at column 5; the record: not json")
    assert second == "  why      A record cannot be decoded with the configured format and columns."


def test_without_a_log_the_consequence_is_shown(tmp_path: Path) -> None:
    assert "Task is not running" in cause(RuntimeError(LOST), tmp_path).text()


def test_every_line_of_a_message_in_a_trace_is_read() -> None:
    trace = """java.lang.RuntimeException: Failed to create a worker
\tat org.apache.flink.X.open(X.java:1)
Caused by: java.io.IOException: Failed to execute the command: environment.zip/bin/python -c import pyflink
output: environment.zip/bin/python: 5: exec: python3.12: not found

\tat org.apache.flink.Y.execute(Y.java:2)
\t... 6 more
"""
    assert cause(RuntimeError(trace)).text().splitlines()[:4] == [
        "the job failed: IOException: Failed to execute the command: environment.zip/bin/python -c import pyflink",
        "output: environment.zip/bin/python: 5: exec: python3.12: not found",
        "  in  RuntimeException: Failed to create a worker",
        "  why      The Python that the target names (python) cannot be started on the TaskManager's machine, or PyFlink is not "
        "installed in it.",
    ]
