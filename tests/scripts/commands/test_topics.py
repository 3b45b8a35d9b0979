from __future__ import annotations

from cli import penstock


def test_without_a_broker_it_says_how_to_start_one() -> None:
    done = penstock("topics", "list", KAFKA="127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("topics: no Kafka broker answers at 127.0.0.1:9")
    assert "do       start one (penstock stack up)" in done.stderr
