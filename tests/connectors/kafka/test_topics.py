"""Topics by name, by a pattern and by a column, and whether two places are the same topic."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli import penstock
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaConsumer, TopicPartition
from pydantic import TypeAdapter, ValidationError
from rejection import accepted, rejection

from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.config.problems import RunError
from penstock.connectors.files.place import FilesPlace
from penstock.connectors.kafka import topics
from penstock.connectors.kafka.diagnosis import of_source
from penstock.connectors.kafka.source import KafkaSource
from penstock.connectors.kafka.topics import (
    SourceTopics,
    TargetTopic,
    Topic,
    TopicOf,
    TopicPattern,
    TopicPlace,
    Topics,
    brokers,
)
from penstock.scripts.local.mini_cluster import MiniCluster

PATTERN = r"orders-(?!test)[a-z]+(\.v\d{1,2})?"


def test_a_topic_has_a_name_that_kafka_accepts() -> None:
    for name in ("a", "A.b_c-1", "...", "x" * 249):
        assert accepted(Topic, name) == name
    for name in ("", ".", "..", "a b", "é", "a\n", "a/b", "x" * 250):
        allowed = "letters, digits, . _ and -, at most 249"
        assert rejection(Topic, name) == (
            f'"{name[:60]}", which is not a valid topic name',
            allowed,
            "correct the topic name",
        )


def test_several_topics_are_a_list() -> None:
    assert accepted(Topics, "a") == ["a"]
    assert rejection(Topics, "a,b") == (
        '"a,b", which is one text with commas', "a topic, or a list of them", "write a list: [a, b]"
    )  # fmt: skip


def test_all_names_of_the_loopback_address_are_the_same_broker() -> None:
    assert brokers("localhost:9092") == brokers("127.0.0.1:09092") == brokers("[::1]:9092") == brokers("LOCALHOST:9092")
    assert brokers("a.example.:1,b:2") == {("a.example", 1), ("b", 2)}


def _place(bootstrap: str, *names: str) -> TopicPlace:
    return TopicPlace(bootstrap, names, None)


def test_a_message_names_topics_and_brokers() -> None:
    assert str(_place("b:1", "t", "u")) == 'topic "t, u" on b:1'


def test_a_source_reads_a_topic_that_it_shares_with_a_sink_on_one_of_the_brokers() -> None:
    ours = _place("a:1,b:2", "t", "u")
    assert ours.reads(_place("b:2,c:3", "u"))
    assert ours.same(_place("b:2", "u"))
    assert not ours.reads(_place("a:1", "v"))
    assert not ours.reads(_place("c:3", "t"))
    assert not ours.reads(FilesPlace("t"))


@pytest.mark.parametrize(
    ("ids", "reads"), [({"a:1": "x", "b:2": "x"}, True), ({"a:1": "x", "b:2": "y"}, False), ({}, False)]
)
def test_other_addresses_of_the_same_cluster_are_found_by_asking_it(
    ids: dict[str, str], reads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "cluster_id", lambda bootstrap, _: ids.get(bootstrap))
    assert _place("a:1", "t").reads(_place("b:2", "t"), ask=True) is reads
    assert not _place("a:1", "t").reads(_place("b:2", "t"))


def test_a_pattern_matches_whole_names_and_no_internal_topic() -> None:
    pattern = accepted(SourceTopics, {"pattern": PATTERN})
    assert isinstance(pattern, TopicPattern)
    matching = [
        "orders-eu",
        "orders-us.v2",
        "orders-tests",
        "my-orders-eu",
        "orders-eu-dead",
        "orders-EU",
        "orders-eu.v123",
    ]
    assert [name for name in matching if pattern.matches(name)] == ["orders-eu", "orders-us.v2"]
    every = TopicPattern(pattern=".*")
    assert not every.matches("__consumer_offsets")
    assert every.matches("__mine")
    assert accepted(SourceTopics, ["a", "b"]) == ["a", "b"]
    assert accepted(SourceTopics, "a") == ["a"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("orders *", '" *" at character 7'), ("(?i)orders", '"(?i)orders" at character 1'), ("a++", '"++" at character 2'),
        ("a{2}+", '"{2}+" at character 2'), ("^a$", '"^a$" at character 1'), (r"a\w", '"\\w" at character 2'),
        ("[a[b]]", '"[a[b]]" at character 1'), ("[a&&b]", '"[a&&b]" at character 1'), ("[a--b]", '"[a--b]" at character 1'),
        ("(a", '"(a": missing ), unterminated subpattern at position 0'), ("[z-a]", '"[z-a]": bad character range z-a at position 1'),
        ("a{,3}", '"{,3}" at character 2'), ("", "an empty pattern"), ("ö", '"ö" at character 1'),
    ],
)  # fmt: skip
def test_a_pattern_that_java_would_read_differently_is_an_error(pattern: str, found: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(TopicPattern).validate_python({"pattern": pattern})
    assert caught.value.errors()[0]["ctx"]["found"] == found


_PARTS = st.sampled_from(
    [*"abz09_.-*+?|()", r"\.", r"\d", "[a-z]", "[^a]", "[-.]", "(?:", "(?!", "(?=", "{1}", "{0,2}", "{2,}"]
)


@given(st.lists(_PARTS, min_size=1, max_size=8).map("".join), st.text("abz09_.-", min_size=1, max_size=6))
def test_each_accepted_pattern_matches_the_same_topics_in_java(cluster: MiniCluster, pattern: str, name: str) -> None:
    from pyflink.java_gateway import get_gateway

    try:
        found = TopicPattern(pattern=pattern).matches(name)
    except ValidationError:
        return
    assert get_gateway().jvm.java.util.regex.Pattern.matches(pattern, name) is found


def test_a_source_with_a_pattern_reads_each_topic_that_matches() -> None:
    place = TopicPlace("b:1", (), None, TopicPattern(pattern="orders-.*"))
    assert str(place) == 'topics that match "orders-.*" on b:1'
    assert place.reads(_place("b:1", "sums", "orders-dead"))
    assert not place.reads(_place("b:1", "orders"))
    assert not place.reads(_place("c:1", "orders-dead"))
    assert place.options() == {"topic-pattern": "orders-.*", "scan.topic-partition-discovery.interval": "300000 ms"}


def _source(kafka: str, pattern: str, **more: Any) -> KafkaSource:
    config = {
        "bootstrap": kafka,
        "topic": {"pattern": pattern, "every": "200 ms"},
        "group": "g",
        "columns": {"n": "int"},
    }
    return KafkaSource.model_validate({**config, **more})


def test_a_replay_does_not_write_to_a_topic_that_matches() -> None:
    dead = BlackholeSink()  # as for dead letters in files, the marks are beside the source
    assert _source("b:1", "orders-.*").replayer(dead, None).marks == "g.replayed"
    with pytest.raises(RunError, match=r"no topic for the marks"):
        _source("b:1", "g.*").replayer(dead, None)
    assert _source("b:1", "orders-.*").bounded_read("x.replay-1", "g")["topic"] == '["x.replay-1"]'
    with pytest.raises(RunError, match=r"the running job would read the records too"):
        _source("b:1", "x.*").bounded_read("x.replay-1", "g")


def test_the_checks_before_a_run_and_doctor_know_the_topics_that_match(kafka: str, topic: Callable[..., str]) -> None:
    names = [topic(f"checked-{n}") for n in "ab"]
    source = _source(kafka, "checked-.*")
    source.preflight()
    assert [(one.state, one.what) for one in of_source(source.place(), False, {})] == [
        ("ok", f"topic {name}") for name in names
    ]
    nothing = _source(kafka, "unchecked-.*")
    with pytest.raises(RunError, match=r'no topic on .* matches "unchecked-\.\*"'):
        nothing.preflight()
    [finding] = of_source(nothing.place(), False, {})
    assert (finding.state, finding.found) == ("bad", f'no topics that match "unchecked-.*" on {kafka}')


def test_the_topics_that_match_are_read_to_their_end(kafka: str, topic: Callable[..., str], tmp_path: Path) -> None:
    for n, name in enumerate(("bounded-a", "bounded-b", "my-bounded-c", "bounded-test")):
        topic(name, [(0, None, json.dumps({"n": n}).encode())])
    done = penstock("run", _job(tmp_path, kafka, "bounded-(?!test).*", "bounded", until="latest", start="group"))
    assert sorted(done.stdout.split()) == ['{"n":0,"twice":0}', '{"n":1,"twice":2}'], done.stderr
    source = _source(kafka, "bounded-(?!test).*", group="bounded")
    assert source.positions() == ["bounded-a-0 up to 1", "bounded-b-0 up to 1"]
    assert _source(kafka, "bounded-b", group="bounded").positions() == ["bounded-b-0 up to 1"]


@pytest.mark.parametrize("start", ["earliest", "latest", "group"])
def test_a_topic_that_is_created_later_is_read_from_its_beginning(
    kafka: str, topic: Callable[..., str], tmp_path: Path, start: str
) -> None:
    first = topic(f"later-{start}-a", [(0, None, b'{"n": 1}')])
    group = f"later-{start}"

    def create() -> None:
        with closing(KafkaConsumer(bootstrap_servers=kafka, group_id=group)) as consumer:
            end = time.monotonic() + 60
            while consumer.committed(TopicPartition(first, 0)) is None and time.monotonic() < end:
                time.sleep(0.2)
        topic(f"later-{start}-b", [(0, None, b'{"n": 2}')])

    creation = threading.Thread(target=create)
    creation.start()
    count = 1 if start == "latest" else 2
    done = penstock(
        "run", _job(tmp_path, kafka, f"later-{start}-.*", group, start=start), "--limit", str(count), "--timeout", "60"
    )
    creation.join()
    rows = ['{"n":1,"twice":2}', '{"n":2,"twice":4}']
    assert sorted(done.stdout.split()) == rows[-count:], done.stderr
    assert re.search(rf"rows in {count}, out {count},", done.stderr), done.stderr


def _job(folder: Path, kafka: str, pattern: str, group: str, **more: str) -> Path:
    source = _source(kafka, pattern, group=group, **{"start": "earliest", **more}).model_dump(
        mode="json", exclude_unset=True
    )
    job = {
        "name": group, "source": {"kafka": source}, "job": {"map": {"function": "double", "of": "n", "to": "twice"}},
        "sink": {"console": {}}, "flink": {"checkpoint": "10 min" if "until" in more else "1 s"},
    }  # fmt: skip
    (folder / "job.yaml").write_text(json.dumps(job))
    return folder / "job.yaml"


def test_a_topic_by_a_column_names_the_topics_that_may_be_written() -> None:
    assert accepted(TargetTopic, "t") == "t"
    assert accepted(TargetTopic, {"column": "kind", "allowed": ["a", "b"]}) == TopicOf(
        column="kind", allowed=["a", "b"]
    )
    assert rejection(TargetTopic, ["a", "b"])[0] == "a list of 2"
