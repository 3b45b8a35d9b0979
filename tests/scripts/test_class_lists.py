from __future__ import annotations

import gzip

import pytest

from penstock.connectors.runtime.class_data import LISTS
from penstock.scripts.class_lists import merged


def test_only_classes_that_the_class_path_can_load_again_are_listed_each_once() -> None:
    first = "java/lang/Object id: 0\nA id: 1 super: 0 source: /planner.jar\ncom/sun/$Proxy3 id: 2\nB id: 3\n"
    second = "# a comment\njava/lang/Object id: 0\nC id: 1\nB id: 2\n@lambda-proxy B run ()V\n"
    assert merged([first, second]) == "java/lang/Object\nB\nC\n@lambda-proxy B run ()V\n"


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("flink", ["org/apache/flink/runtime/minicluster/MiniCluster", "org/apache/flink/runtime/jobmaster/JobMaster",
                   "org/apache/flink/connector/kafka/source/KafkaSource", "org/apache/flink/table/planner/delegation/StreamPlanner"]),
        ("kafka", ["kafka/Kafka", "kafka/server/KafkaApis"]),
    ],
)  # fmt: skip
def test_the_lists_have_the_classes_of_a_run_a_cluster_and_a_broker(name: str, classes: list[str]) -> None:
    listed = gzip.decompress((LISTS / f"{name}.lst.gz").read_bytes()).decode().splitlines()
    assert not set(classes) - set(listed)
