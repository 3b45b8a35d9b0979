from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import KeyPath
from penstock.scripts.config.partial import validate_parts

SOURCE: dict[str, Any] = {"values": {"columns": {"a": "int"}, "rows": []}}
DOUBLE: dict[str, Any] = {"map": {"function": "double", "of": "a", "to": "b"}}
UNKNOWN: dict[str, Any] = {"map": {"function": "double", "of": "aa", "to": "b"}}
INVALID: dict[str, Any] = {"map": {"function": 5}}
LAST: dict[str, Any] = {"dedup": {"key": "a", "keep": "last", "ttl": "1 h"}}
FILES: dict[str, Any] = {"files": {"path": "out"}}


def paths(**parts: Any) -> list[KeyPath]:
    return [problem.path for problem in validate_parts(parts, Path("/project"))]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, []),
        ({"source": {"values": {}}, "job": UNKNOWN, "sink": FILES}, []),
        ({"source": SOURCE, "job": DOUBLE, "sink": FILES}, []),
        ({"source": SOURCE, "job": UNKNOWN}, [("job", 0, "map", "of", 0)]),
        ({"source": SOURCE, "job": [DOUBLE, UNKNOWN], "sink": 5}, [("job", 1, "map", "of", 0)]),
        ({"source": SOURCE, "job": [UNKNOWN, INVALID]}, [("job", 0, "map", "of", 0)]),
        ({"source": SOURCE, "job": [INVALID, UNKNOWN]}, []),
        ({"source": SOURCE, "job": None}, []),
    ],
)
def test_the_steps_before_the_first_invalid_one_are_checked(parts: dict[str, Any], found: list[KeyPath]) -> None:
    assert paths(**parts) == found


def test_sinks_are_checked_only_if_every_step_and_sink_is_valid() -> None:
    assert [path[:3] for path in paths(source=SOURCE, job=LAST, sink=FILES)] == [("sink", 0, "files")]
    assert paths(source=SOURCE, job=[LAST, INVALID], sink=FILES) == []
    assert paths(source=SOURCE, job=LAST, sink=[FILES, {"files": {}}]) == []


def test_a_dead_letter_queue_that_is_missing_or_invalid_is_not_reported_again() -> None:
    step = {"rolling_sum": {"key": "a", "value": "x", "window": {"count": 2}}}
    source = {"values": {"columns": {"a": "int", "x": "double"}, "rows": []}}
    assert paths(source=source, job=step, sink={"console": {}}) == []
    assert paths(source=source, job=step, sink={"console": {}}, dead_letters={"files": {}}) == []
