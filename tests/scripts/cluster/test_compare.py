from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packages import JOB, deployed, package

from penstock.jobs.pipeline.operator_uids import Operator
from penstock.scripts.cluster.compare import Comparison, compare
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import Deployment

DEDUP = Operator(1, "deduplicate", "deduplicate Deduplicate(keep=[FirstRow], key=[id]) ['ROW<`id` BIGINT>'] -> ROW")
OTHER = Operator(2, "deduplicate", "deduplicate Deduplicate(keep=[FirstRow], key=[text]) ['ROW<`id` BIGINT>'] -> ROW")
SCAN = Operator(3, "table-source-scan", "table-source-scan source_records kafka")
KAFKA_SINK = Operator(4, "sink", "sink sink_1 kafka")
FILES_SINK = Operator(5, "sink", "sink sink_1 files")
NONE = Comparison({}, {}, [], [], [], [], [])


@pytest.fixture
def old(tmp_path: Path) -> Deployment:
    """A deployment of the package of JOB, with no operators."""
    ledger = Ledger(tmp_path)
    deployed(ledger, package())
    return ledger.deployments()[0]


def compared(old: Deployment, before: tuple[Operator, ...], after: tuple[Operator, ...]) -> Comparison:
    return compare(replace(old, operators=before), JOB, package(), after)


def sources(old: Deployment, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What would continue with wrong state when these keys of the job file are replaced."""
    return compare(old, {**JOB, **before}, package({**JOB, **after}), ()).wrong


def test_the_same_package_and_operators_change_nothing(old: Deployment) -> None:
    found = compared(old, (DEDUP, SCAN), (SCAN, DEDUP))
    assert found == replace(NONE, kept=[SCAN.means, DEDUP.means])
    assert (found.same, found.exit_code, found.as_dict()["result"]) == (True, 0, "same")


def test_each_changed_key_has_its_path_its_old_and_its_new_value(old: Deployment) -> None:
    new = {
        **JOB, "job": {"dedup": {"key": "text", "keep": "first"}}, "flink": {"parallelism": 2},
    }  # fmt: skip
    found = compare(old, JOB, package(new), ())
    assert found.config == {
        "job.dedup.key": ("id", "text"),
        "job.dedup.ttl": ("1 h", None),
        "flink": (None, {"parallelism": 2}),
    }
    assert (found.same, found.exit_code, found.as_dict()["result"]) == (False, 3, "changes")
    assert found.text() == (
        "  ~ job.dedup.key: id -> text\n"
        "  ~ job.dedup.ttl: 1 h -> nothing\n"
        '  ~ flink: nothing -> {"parallelism": 2}\n'
        "changes; all state is kept"
    )


def test_lists_of_one_length_are_compared_one_by_one_and_others_as_a_whole(old: Deployment) -> None:
    def differences(before: list[Any], after: list[Any]) -> dict[str, Any]:
        return compare(old, {**JOB, "x": before}, package({**JOB, "x": after}), ()).config

    assert differences([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}]) == {"x.1.a": (2, 3)}
    assert differences([1, 2], [1]) == {"x": ([1, 2], [1])}


def test_a_long_value_is_shortened_in_the_text_only(old: Deployment) -> None:
    found = compare(old, JOB, package({**JOB, "x": "a" * 101}), ())
    assert found.config == {"x": (None, "a" * 101)}
    assert found.text().splitlines()[0] == f"  ~ x: nothing -> {'a' * 97}..."


def test_a_secret_is_never_shown(old: Deployment) -> None:
    before, after = ({**JOB, "x": {"password": value}} for value in ("hunter1", "hunter2"))
    assert "hunter" not in str(compare(old, before, package(after), ()).as_dict())


def test_other_code_and_versions_are_changes(old: Deployment) -> None:
    new = package(code={"mine.py": ""}, flink="9.9.9", jars={"jars/c.jar": "b" * 64})
    found = compare(old, JOB, new, ())
    assert found.versions == {
        "flink": (old.versions.flink, "9.9.9"),
        "jars": ({}, {"jars/c.jar": "b" * 64}),
        "code": (old.code_hash[:12], new.code_hash[:12]),
    }
    assert found.exit_code == 3


def test_an_operator_of_another_meaning_is_not_the_same_even_with_the_same_uid(old: Deployment) -> None:
    found = compared(old, (DEDUP,), (replace(OTHER, uid=DEDUP.uid),))
    assert (found.kept, found.lost, found.added) == ([], [DEDUP.means], [OTHER.means])
    assert found.dropped == [
        "the state of Deduplicate(keep=[FirstRow], key=[id]) would be dropped: its key, window, aggregate or columns changed"
    ]
    assert (found.exit_code, found.as_dict()["result"]) == (4, "unsafe")


def test_an_operator_that_the_new_version_lacks_loses_its_state(old: Deployment) -> None:
    assert compared(old, (DEDUP,), ()).dropped == [
        "the state of Deduplicate(keep=[FirstRow], key=[id]) would be dropped: no operator of the new version has it"
    ]


def test_a_new_operator_starts_empty_and_is_safe(old: Deployment) -> None:
    found = compared(old, (), (DEDUP,))
    assert (found.added, found.dropped, found.exit_code) == ([DEDUP.means], [], 3)
    assert found.text() == "  + new, starts empty: the values of id that came so far\nchanges; all state is kept"


@pytest.mark.parametrize(
    ("before", "after", "fit"),
    [
        ({}, {"state": {"backend": "rocksdb"}}, False),
        ({"state": {"backend": "rocksdb"}}, {"state": {"backend": "rocksdb", "incremental": False}}, True),
        ({"options": {"state.backend.type": "rocksdb"}}, {"state": {"backend": "rocksdb"}}, True),
        ({"options": {"state.backend.type": "rocksdb"}}, {}, False),
        ({}, {"parallelism": 2}, True),
    ],
)
def test_the_checkpoints_of_another_state_backend_do_not_fit(
    old: Deployment, before: dict[str, Any], after: dict[str, Any], fit: bool
) -> None:
    assert compare(old, {**JOB, "flink": before}, package({**JOB, "flink": after}), ()).checkpoints_fit == fit


def test_the_checkpoints_of_other_operators_do_not_fit(old: Deployment) -> None:
    assert [compared(old, *pair).checkpoints_fit for pair in (((DEDUP,), (DEDUP,)), ((), (DEDUP,)), ((DEDUP,), ()))] == [
        True, False, False,
    ]  # fmt: skip


def test_a_sink_to_kafka_has_committed_all_and_a_sink_to_files_has_not(old: Deployment) -> None:
    assert compared(old, (KAFKA_SINK,), ()).dropped == []
    assert compared(old, (FILES_SINK,), ()).dropped == [
        "the state of sink sink_1 files would be dropped: no operator of the new version has it"
    ]


def kafka(*topics: str) -> dict[str, Any]:
    return {"kafka": {"bootstrap": "k:1", "topic": topics[0] if len(topics) == 1 else list(topics)}}


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (kafka("a"), kafka("b"), "a"),
        (kafka("a", "c", "b"), kafka("b"), "a, c"),
        ({"files": {"path": "/in"}}, {"files": {"path": "/other"}}, "/in"),
    ],
)
def test_a_source_that_no_longer_names_what_it_has_read_would_have_wrong_state(
    old: Deployment, before: dict[str, Any], after: dict[str, Any], gone: str
) -> None:
    assert sources(old, {"source": before}, {"source": after}) == [
        f"source no longer names {gone}, whose position is in the state: Flink would continue to read it; "
        "submit the job under another name instead"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"source": kafka("a")}, {"source": kafka("a", "b")}),
        ({"source": kafka("a")}, {"source": {"files": {"path": "/in"}}}),
        ({"source": None, "sources": {"one": kafka("a")}}, {"source": None, "sources": {"two": kafka("b")}}),
    ],
)
def test_a_topic_more_another_connector_and_another_source_have_no_old_state(
    old: Deployment, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert sources(old, before, after) == []


def test_wrong_state_is_unsafe_and_its_reason_is_shown() -> None:
    found = replace(NONE, wrong=["source no longer names a"])
    assert found.exit_code == 4
    assert found.text().splitlines()[0] == "  ! source no longer names a"
