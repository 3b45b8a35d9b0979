from __future__ import annotations

import pytest

from penstock.scripts.cluster.compare import Comparison
from penstock.scripts.cluster.state_words import in_words, losses

WINDOW = (
    "global-window-aggregate GlobalWindowAggregate(groupBy=[user], window=[{}(win_end=[$window_end], {})], "
    "select=[user, SUM(sum$0) AS total]) ['ROW<`user` VARCHAR(2147483647)>'] -> ROW<`user` VARCHAR(2147483647)>"
)
TUMBLE = WINDOW.format("TUMBLE", "size=[1 min]")
DEDUP = "deduplicate Deduplicate(keep=[LastRow], key=[user, id], order=[PROCTIME]) [{'type': 'ROW'}] -> ROW"


@pytest.mark.parametrize(
    ("means", "words"),
    [
        ("table-source-scan source_records kafka", "the position of the source (kafka) in its input"),
        ("table-source-scan source_orders files", "the position of source orders (files) in its input"),
        ("sink sink_1 kafka", "what sink 1 (kafka) has begun to write"),
        ("sink aggregated ", "the count of aggregated rows"),
        (TUMBLE, "the open windows (tumble 1 min) of each user"),
        (WINDOW.format("HOP", "size=[1 min], slide=[10 s]"), "the open windows (hop 1 min every 10 s) of each user"),
        (
            WINDOW.format("CUMULATE", "max_size=[1 h], step=[1 min]"),
            "the open windows (cumulate 1 h every 1 min) of each user",
        ),
        (DEDUP, "the values of user, id that came so far"),
        (
            "group-aggregate GroupAggregate(groupBy=[a], select=[a]) ['ROW<`a` INT>'] -> ROW",
            "GroupAggregate(groupBy=[a], select=[a])",
        ),
    ],
)
def test_state_is_named_by_its_windows_and_keys(means: str, words: str) -> None:
    assert in_words(means) == words


def test_what_is_lost_says_why_and_what_it_costs() -> None:
    other = WINDOW.format("TUMBLE", "size=[5 min]")
    assert losses([TUMBLE, "sink sink_1 kafka"], [other]) == [
        "the open windows (tumble 1 min) of each user: their rows are missing from the results "
        "(the key, window, aggregates or columns changed)"
    ]
    [one] = losses([DEDUP], [])
    assert one.endswith("a key that came before the upgrade counts as new (the new version has no such step)")


def test_unsafe_is_said_only_where_state_would_be_lost_or_wrong() -> None:
    same = Comparison({}, {}, ["sink sink_1 kafka"], [], [], [], [])
    changed = Comparison({"job.x": (1, 2)}, {}, ["sink sink_1 kafka"], [], [], [], [])
    lost = Comparison({}, {}, [], [], [TUMBLE], ["the state would be dropped"], [])
    wrong = Comparison({}, {}, [], [], [], [], ["source no longer names a"])
    assert [one.text().splitlines()[-1] for one in (same, changed)] == ["nothing changes", "changes; all state is kept"]
    assert ["unsafe" in one.text() for one in (same, changed, lost, wrong)] == [False, False, True, True]
    assert "penstock upgrade job.yaml --drop-state" in lost.text("penstock upgrade job.yaml")
    assert "--drop-state" not in wrong.text()
    assert lost.text(done="upgraded").splitlines()[-1] == "upgraded without the state that was lost"
    assert changed.text(done="rolled back").splitlines()[-1] == "rolled back; all state was kept"
    assert same.text(done="nothing changed").splitlines()[-1] == "nothing changed"
