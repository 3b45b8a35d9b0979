"""Each known failure is recognised by a text that Flink, Java, Python or Kafka really wrote."""

from __future__ import annotations

import pytest

from penstock.scripts.flink.known_failures import KNOWN_FAILURES, explain

SAMPLES = {
    "OAuth token endpoint not allowed": "ConfigException: The URL cannot be accessed due to restrictions. Update the system property "
    "'org.apache.flink.kafka.shaded.org.apache.kafka.sasl.oauthbearer.allowed.urls' to allow the URL to be accessed.",
    "login rejected by Kafka": "org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.SaslAuthenticationException: "
    "Authentication failed: Invalid username or password",
    "no TLS with Kafka": "org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.SslAuthenticationException: SSL handshake failed",
    "factory not found": "org.apache.flink.table.api.ValidationException: Could not find any factory for identifier 'kafka' that "
    "implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.",
    "arguments of code objects": "TypeError: code() takes at most 16 arguments (18 given)",
    "no module encodings": "Fatal Python error: init_fs_encoding: failed to get the Python codec of the filesystem encoding\n"
    "ModuleNotFoundError: No module named 'encodings'",
    "Python module missing on the worker": "ModuleNotFoundError: No module named 'sklearn'",
    "Python not found on the worker": 'java.io.IOException: Cannot run program "/opt/python3.12/bin/python": error=2, No such file or '
    "directory",
    "Python worker did not start": "java.lang.RuntimeException: Failed to create stage bundle factory! INFO:root:Starting up Python "
    "harness in loopback mode.\nCaused by: java.lang.IllegalStateException: Process died with exit code 1",
    "transaction timeout above the broker's": "org.apache.kafka.common.KafkaException: Unexpected error in InitProducerIdResponse; The "
    "transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).",
    "record too large for Kafka": "org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.RecordTooLargeException: The message is "
    "1400321 bytes when serialized which is larger than 1048576, which is the value of the max.request.size configuration.",
    "row that cannot be a Kafka record": "java.lang.IllegalArgumentException: The topic of the sink record is not valid. Expected topic to "
    "be in: [orders, refunds] but was: other",
    "state finds no operator": "java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint file:/s. Cannot map "
    "checkpoint/savepoint state for operator 0a448493b4782967b150582570326227 to the new program, because the operator is not "
    "available in the new program.",
    "state of another type": "org.apache.flink.util.StateMigrationException: The new state serializer (org.apache.flink.table.runtime."
    "typeutils.RowDataSerializer@1) must not be incompatible with the old state serializer",
    "savepoint not found": "java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 'file:/s/savepoint-1' on "
    "file system 'file'.",
    "submitted twice": "org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted.",
    "producer fenced": "org.apache.kafka.common.errors.ProducerFencedException: There is a newer producer with the same transactionalId "
    "which fences the current one.",
    "not allowed by Kafka": "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [orders]",
    "topic not found": "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.",
    "no slots": "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: Could not acquire the minimum required "
    "resources.",
    "address in use": "java.net.BindException: Could not start rest endpoint on any port in port range 8081",
    "out of memory": "java.lang.OutOfMemoryError: Metaspace. The metaspace out-of-memory error has occurred.",
    "disk full": "java.io.IOException: No space left on device",
    "too many open files": "java.net.SocketException: Too many open files",
    "jar of another Flink": "java.lang.NoSuchMethodError: 'void org.apache.flink.api.connector.sink2.Sink.createWriter()'",
    "Java too old": "java.lang.UnsupportedClassVersionError: org/apache/flink/X has been compiled by a more recent version of the Java "
    "Runtime (class file version 61.0)",
    "Java options lost": 'java.lang.reflect.InaccessibleObjectException: Unable to make field private java.util.List accessible: module '
    'java.base does not "opens java.util" to unnamed module',
    "checkpoints fail": "org.apache.flink.util.FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold. The latest "
    "checkpoint failed due to Checkpoint expired before completing.",
    "TaskManager lost": "java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id taskmanager-1 timed out.",
    "undecodable record": "java.io.IOException: Failed to deserialize JSON '{\"a\": x}'.",
    "no broker": "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics",
}  # fmt: skip


@pytest.mark.parametrize("known", KNOWN_FAILURES, ids=lambda known: known.name)
def test_each_failure_is_recognised_by_its_text(known: object) -> None:
    name = known.name  # type: ignore[attr-defined]
    found = explain(f"java.lang.Exception: it failed\n{SAMPLES[name]}\n\tat org.apache.flink.X.y(X.java:1)")
    assert found is known


def test_an_unknown_failure_gets_no_explanation() -> None:
    assert explain("java.lang.ArithmeticException: / by zero") is None
