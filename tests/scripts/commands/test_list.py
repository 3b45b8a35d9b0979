from __future__ import annotations

import json

from cli import penstock


def test_everything_that_can_be_named_is_listed() -> None:
    found = json.loads(penstock("list", "--output", "json").stdout)
    assert set(found["jobs"]) == {"dedup", "map", "regression_scoring", "rolling_sum", "sql", "uppercase_filter"}
    assert set(found["sources"]) == {"datagen", "files", "kafka", "values"}
    assert set(found["sinks"]) == {"blackhole", "console", "files", "kafka"}


def test_one_kind_alone() -> None:
    text = penstock("list", "sinks").stdout
    assert text.startswith("sinks:\n  blackhole ")
    assert "jobs:" not in text


def test_a_misspelt_command_is_corrected() -> None:
    done = penstock("lst")
    assert done.returncode == 2
    assert 'no command "lst": did you mean "list"?' in done.stderr
