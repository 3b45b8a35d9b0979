from __future__ import annotations

from cli import penstock


def test_without_a_broker_the_error_says_how_to_start_one() -> None:
    done = penstock("topics", "list", KAFKA="127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("topics: no Kafka broker answers at 127.0.0.1:9")
    assert "do       start a broker (penstock stack up)" in done.stderr


def test_a_topic_that_exists_is_an_error_unless_it_may_exist(kafka: str) -> None:
    create = ("topics", "create", "once", "--bootstrap", kafka)
    assert penstock(*create).stdout == "created once with 1 partition\n"
    again = penstock(*create)
    assert again.returncode == 1
    assert '"once" exists already' in again.stderr
    accepted = penstock(*create, "twice", "--if-not-exists")
    assert accepted.returncode == 0
    assert accepted.stdout == "once exists already\ncreated twice with 1 partition\n"


def test_the_name_of_a_job_file_is_not_the_name_of_a_topic() -> None:
    done = penstock("topics", "create", "orders", "conf/jobs/uppercase_filter_kafka.yaml", KAFKA="127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "topics create: the name of a topic is not valid",
        '  found    "conf/jobs/uppercase_filter_kafka.yaml"',
        "  allowed  letters, digits, . _ and -, at most 249",
        "  do       write the names of the topics in the job file",
    ]


def test_what_the_broker_rejects_is_said_in_its_words(kafka: str) -> None:
    done = penstock("topics", "create", "copied", "--replicas", "3", "--bootstrap", kafka)
    assert done.returncode == 1
    assert done.stderr.startswith(
        'topics: "copied" could not be created\n  found    Unable to replicate the partition 3 time(s)'
    )
    assert "Response" not in done.stderr
