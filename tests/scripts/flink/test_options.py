from __future__ import annotations

import pytest
from pydantic import ValidationError

from penstock.jobs.pipeline.flink_settings import KNOWN, FlinkSettings
from penstock.scripts.flink.options import text
from penstock.scripts.local.mini_cluster import MiniCluster


def test_the_list_of_options_matches_the_installed_flink(cluster: MiniCluster) -> None:
    assert KNOWN.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("table.exec.mini-batch.enable", 'did you mean "table.exec.mini-batch.enabled"?'),
        ("restart-strategy.fixed-delay.attempt", 'did you mean "restart-strategy.fixed-delay.attempts"?'),
        ("table.exec.zzzz-qqqq", "look the name up in Flink's documentation"),
    ],
)
def test_an_option_that_flink_does_not_have_is_an_error(name: str, do: str) -> None:
    with pytest.raises(ValidationError) as caught:
        FlinkSettings(options={name: 1})
    [error] = caught.value.errors()
    assert error["ctx"]["do"] == do


def test_an_option_of_flink_reaches_it() -> None:
    settings = FlinkSettings(options={"table.exec.mini-batch.enabled": True})
    assert settings.configuration("x", None, None)["table.exec.mini-batch.enabled"] == "true"
