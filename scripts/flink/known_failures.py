"""Known failures: the text by which each is recognised (Flink's, Java's or Python's own), its cause and its fix.

`cause` in `scripts/flink/failure.py` adds the first entry that matches; `docs/troubleshooting.md` is generated from the same entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One failure. `shows` is searched for anywhere in its text."""

    name: str
    shows: re.Pattern[str]
    why: str
    do: str


def _known(name: str, shows: str, why: str, do: str) -> Known:
    return Known(name, re.compile(shows, re.DOTALL), why, do)


# Specific entries come before general ones: the first that matches is taken.
KNOWN_FAILURES = (
    _known(
        "OAuth token endpoint not allowed",
        r"sasl\.oauthbearer\.allowed\.urls",
        "Kafka's client requests tokens only from the endpoints that a property of the JVM allows.",
        "Start the stack with penstock stack up --token-url URL, or set the property in the cluster's env.java.opts: see docs/security.md.",
    ),
    _known(
        "login rejected by Kafka",
        r"SaslAuthenticationException",
        "The broker does not accept the user, the password or the token. A reference such as ${env:NAME} to a variable that is not set "
        "where the job runs is sent as literal text.",
        "Set the variable, or put the file in place, on every JobManager and TaskManager (stack up passes its own environment on to them), "
        "and check the secret.",
    ),
    _known(
        "no TLS with Kafka",
        r"SslAuthenticationException|SSL handshake failed|Failed to load SSL keystore|Failed to load PEM SSL keystore",
        "The TLS handshake failed: the broker's certificate is not signed by an authority in ca or names another host, the client's "
        "certificate is missing, or a file does not exist on that machine.",
        "Check ca, certificate and key_password under tls, and that the files exist on every machine that runs the job.",
    ),
    _known(
        "factory not found",
        r"Could not find any factory for identifier '",
        "The jar of that connector or format is missing where the job runs.",
        "Submit with penstock submit: it sends the locked jars with the job. penstock doctor --target checks each jar.",
    ),
    _known(
        "arguments of code objects",
        r"code\(?\)? (?:takes|expected) at (?:most|least) 1[3-8] (?:positional )?arguments",
        "A function was pickled by one version of Python and unpickled by another.",
        "Install the same Python version on the TaskManagers as on this machine (penstock doctor --target compares them), or set python "
        "in the target file to a Python of that version.",
    ),
    _known(
        "no module encodings",
        r"No module named 'encodings'|init_fs_encoding|failed to get the Python codec",
        "The worker's Python does not find its own standard library: PYTHONHOME points elsewhere, or a virtual environment was moved "
        "without the Python that it was created from.",
        "Unset PYTHONHOME on the TaskManagers, and create the virtual environment on the machine that uses it (the image does so).",
    ),
    _known(
        "Python module missing on the worker",
        r"ModuleNotFoundError: No module named '(?!encodings)[\w.]+'",
        "That module is not installed in the worker's Python: PyFlink itself, a package that your function imports, or your own module.",
        "Put your own modules beside the job file: they are sent with the job. Install packages in the Python that the target names.",
    ),
    _known(
        "Python not found on the worker",
        r"Failed to execute the command: \S*python|Cannot run program \"\S*python",
        "The Python that the target names (python) cannot be started on the TaskManager's machine, or PyFlink is not installed in it.",
        "Install that Python there (an environment archive needs the version that it was made with), or name one that exists: "
        "penstock doctor --target starts it to check.",
    ),
    _known(
        "Python worker did not start",
        r"Python process exits with code|Process died with exit code|Failed to create stage bundle factory",
        "The Python worker ended before it answered; its reason is in the TaskManager's log.",
        "Read it with penstock logs NAME --of taskmanager. Often that Python has no PyFlink, or another version of it.",
    ),
    _known(
        "transaction timeout above the broker's",
        r"transaction timeout is larger than the maximum value allowed|InvalidTxnTimeoutException|InvalidTransactionTimeout",
        "The sink requests a longer transaction timeout than the broker allows (transaction.max.timeout.ms, 15 min by default).",
        "Lower transaction_timeout in the sink, or raise the broker's maximum.",
    ),
    _known(
        "record too large for Kafka",
        r"RecordTooLargeException|larger than the max message size|max\.request\.size configuration",
        "A row, or the dead letter of a large record, is larger than the topic accepts (max.message.bytes) or the producer sends "
        "(max.request.size, 1 MB by default).",
        "Raise the topic's max.message.bytes, and max.request.size in the sink's properties; for dead letters the topic's "
        "setting is enough. The job continues from its last checkpoint.",
    ),
    _known(
        "row that cannot be a Kafka record",
        r"topic of the sink record is not valid|Timestamp should always be non-negative|InvalidTimestampException",
        "A row names a topic that is not allowed, or a timestamp before 1970 or, for the broker, too far in the future.",
        "Correct topic.allowed or timestamp of the sink; on_error: dead_letter keeps rows that name no allowed topic or are before 1970.",
    ),
    _known(
        "state finds no operator",
        r"Cannot map checkpoint/savepoint state for operator|There is no operator for the state",
        "The savepoint holds state of an operator that this version of the job does not have.",
        "penstock plan JOB --against TARGET shows which operator; penstock upgrade JOB --drop-state discards its state.",
    ),
    _known(
        "state of another type",
        r"StateMigrationException|The new state (?:type)?serializer .*must not be incompatible",
        "The operator is the same, but the type of its state has changed.",
        "Roll back with penstock rollback NAME, or start without state: penstock submit JOB --fresh, under another name.",
    ),
    _known(
        "savepoint not found",
        r"Cannot find checkpoint or savepoint file/directory|Cannot find meta data file '_metadata'",
        "The folder of the savepoint was deleted, or the cluster cannot read it.",
        "Find the savepoint, and name its path: penstock submit JOB --from PATH. JobManager and TaskManagers must all be able to read "
        "that path.",
    ),
    _known(
        "submitted twice",
        r"DuplicateJobSubmissionException|has already been submitted",
        "Another command submitted a job of this name at the same time, and was first.",
        "Run penstock status NAME to see the job that runs.",
    ),
    _known(
        "producer fenced",
        r"ProducerFencedException|InvalidProducerEpochException|newer producer with the same transactionalId",
        "Another producer uses the same transactional ids: a second copy of the job, or a job with the same name on another "
        "cluster that writes to this Kafka.",
        "Stop the other job. Job names must be unique on a Kafka cluster.",
    ),
    _known(
        "not allowed by Kafka",
        r"(?:Topic|Group|TransactionalId|Cluster)AuthorizationException|SaslAuthenticationException|Not authorized to access",
        "Kafka does not authorize the client for that operation, or does not authenticate it.",
        "Request the right to read the source's topic and group, to write to the sink's topic, and to use transactional ids that begin "
        "with the job's name.",
    ),
    _known(
        "topic not found",
        r"UnknownTopicOrPartitionException|This server does not host this topic-partition",
        "The topic does not exist, or was deleted.",
        "Create it with penstock topics create NAME.",
    ),
    _known(
        "no slots",
        r"NoResourceAvailableException|Could not acquire the minimum required resources",
        "The cluster has fewer free slots than the job's parallelism.",
        "Stop a job, add TaskManagers, or lower flink.parallelism. Keep the slots of one TaskManager free, in case one dies.",
    ),
    _known(
        "address in use",
        r"BindException|Address already in use|Could not start rest endpoint on any port",
        "Another process listens on that port already.",
        "If an old stack uses the port, run penstock stack down in its folder; otherwise choose another port.",
    ),
    _known(
        "out of memory",
        r"OutOfMemoryError|exit code 137|Killed by .*OOM",
        "A process needed more memory than it has.",
        "Heap: raise taskmanager.memory.process.size, or keep less state. Metaspace: restart TaskManagers that ran many versions. Direct "
        "memory: raise taskmanager.memory.task.off-heap.size. Python worker: lower python.fn-execution.bundle.size.",
    ),
    _known(
        "disk full",
        r"No space left on device|Disk quota exceeded",
        "A disk is full, for example with checkpoints, logs, or the data of a topic.",
        "Free some space. A job whose checkpoint failed continues by itself.",
    ),
    _known(
        "too many open files",
        r"Too many open files",
        "The process has used up its file descriptors.",
        "Raise ulimit -n for the TaskManagers.",
    ),
    _known(
        "jar of another Flink",
        r"NoSuchMethodError|NoSuchFieldError|AbstractMethodError|IncompatibleClassChangeError|NoClassDefFoundError"
        r"|ClassNotFoundException|InvalidClassException",
        "Two jars do not match: a connector was built for another Flink version, or lib/ holds the same connector twice.",
        "Run penstock doctor --target, and remove the connector jars that it names from the cluster's lib/: a job brings its own.",
    ),
    _known(
        "Java too old",
        r"UnsupportedClassVersionError",
        "The Java that runs Flink is older than the one that the classes were compiled for.",
        "Run Flink on Java 17 or 21.",
    ),
    _known(
        "Java options lost",
        r"InaccessibleObjectException|IllegalAccessError: .* module java\.base|does not \"opens ",
        "Flink's config.yaml was replaced, and the options that Java 17 needs (env.java.opts.all) were lost with it.",
        "Add your settings to Flink's own config.yaml instead of replacing it.",
    ),
    _known(
        "checkpoints fail",
        r"Exceeded checkpoint tolerable failure threshold|Checkpoint expired before completing",
        "Checkpoints do not complete in time, because of backpressure, a slow disk, or a sink that waits for its broker.",
        "Run penstock status NAME: it shows backpressure and the last checkpoint. Raise flink.checkpoint or flink.parallelism.",
    ),
    _known(
        "TaskManager lost",
        r"Heartbeat of TaskManager .* timed out|TaskManager .* is no longer reachable"
        r"|Connection unexpectedly closed by remote task manager",
        "A TaskManager died or lost its connection; Flink restarts the job from its last checkpoint.",
        "If it happened once, do nothing. Otherwise run penstock logs NAME --of taskmanager: too little memory is the usual reason.",
    ),
    _known(
        "undecodable record",
        r"Failed to deserialize (?:JSON|CSV|consumer record)|Could not (?:parse|deserialize)|JsonParseException",
        "A record cannot be decoded with the configured format and columns.",
        "Fix the producer, or correct columns or format of the source; the text of the record is above. on_error: dead_letter keeps such "
        "records and continues.",
    ),
    _known(
        "no broker",
        r"Timed out waiting for a node assignment|No resolvable bootstrap urls|Failed to construct kafka|Timeout expired while fetching "
        r"topic metadata|TimeoutException: Topic .* not present in metadata",
        "No Kafka broker can be reached from where the job runs. It may still be reachable from this machine.",
        "Set bootstrap to an address that the cluster can reach. Inside a container, localhost is the container itself.",
    ),
)


def explain(text: str) -> Known | None:
    """The known failure that a text shows; None for an unknown one."""
    return next((known for known in KNOWN_FAILURES if known.shows.search(text)), None)


def page() -> str:
    """The troubleshooting page, in Markdown."""
    lines = [
        "# Troubleshooting",
        "",
        "After this page you can fix the failures that Penstock recognises by their text. `penstock` prints the same explanation below",
        "such a failure. `penstock logs NAME` shows why a job on a cluster failed. `penstock doctor --target TARGET` checks the cluster.",
        "",
    ]
    for known in KNOWN_FAILURES:
        lines += [f"## {known.name[0].upper()}{known.name[1:]}", "", known.why, "", f"**Do**: {known.do}", ""]
    return "\n".join(lines).rstrip() + "\n"
