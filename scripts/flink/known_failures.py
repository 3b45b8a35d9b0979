"""Known failures: how each shows in Flink's, Java's or Python's words, what it means, and what helps.

`cause` of `scripts/flink/failure.py` adds the first entry that fits; `docs/troubleshooting.md` is made of the same entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One failure. `shows` is found anywhere in its text."""

    name: str
    shows: re.Pattern[str]
    why: str
    do: str


def _known(name: str, shows: str, why: str, do: str) -> Known:
    return Known(name, re.compile(shows, re.DOTALL), why, do)


# The particular before the general: the first that fits is taken.
KNOWN_FAILURES = (
    _known(
        "OAuth token endpoint not allowed",
        r"sasl\.oauthbearer\.allowed\.urls",
        "Kafka's client asks only those token endpoints for a token that a property of the JVM allows.",
        "penstock stack up --token-url URL, or the property in the cluster's env.java.opts: see docs/security.md.",
    ),
    _known(
        "login rejected by Kafka",
        r"SaslAuthenticationException",
        "The broker does not accept the user, the password or the token. A reference such as ${env:NAME} to a variable that is not set "
        "where the job runs is sent as that text.",
        "Set the variable, or put the file, on every JobManager and TaskManager (stack up hands its own environment on), and check "
        "the secret.",
    ),
    _known(
        "no TLS with Kafka",
        r"SslAuthenticationException|SSL handshake failed|Failed to load SSL keystore|Failed to load PEM SSL keystore",
        "The certificates do not fit: the broker's is not signed by an authority in ca or names another host, the client's is missing, "
        "or a file is not on that machine.",
        "Check tls: ca, certificate and key_password, and that the files exist on every machine that runs the job.",
    ),
    _known(
        "factory not found",
        r"Could not find any factory for identifier '",
        "The jar of that connector or format is not where the job runs.",
        "Submit with penstock submit: it sends the locked jars with the job. penstock doctor --target looks at each jar.",
    ),
    _known(
        "arguments of code objects",
        r"code\(?\)? (?:takes|expected) at (?:most|least) 1[3-8] (?:positional )?arguments",
        "A function was pickled by one version of Python and is read by another.",
        "Give the TaskManagers the same Python version as this machine (penstock doctor --target compares them), or set the "
        "target's python to one that is.",
    ),
    _known(
        "no module encodings",
        r"No module named 'encodings'|init_fs_encoding|failed to get the Python codec",
        "The worker's Python does not find its own library: PYTHONHOME points elsewhere, or a virtual environment was moved "
        "without the Python that it was made from.",
        "Unset PYTHONHOME on the TaskManagers, and make the environment where it is used (the image does).",
    ),
    _known(
        "Python module missing on the worker",
        r"ModuleNotFoundError: No module named '(?!encodings)[\w.]+'",
        "The worker's Python has not got that module: PyFlink itself, a package that your function imports, or your own module.",
        "Own modules beside the job file travel by themselves; packages must be in the Python that the target names.",
    ),
    _known(
        "Python not found on the worker",
        r"Failed to execute the command: \S*python|Cannot run program \"\S*python",
        "The Python that the target names (python) cannot be started on the TaskManager's machine, or has no PyFlink.",
        "Install that Python there (an environment archive needs one of the version that it was made with), or name one that is: "
        "penstock doctor --target tries it.",
    ),
    _known(
        "Python worker did not start",
        r"Python process exits with code|Process died with exit code|Failed to create stage bundle factory",
        "The Python worker ended before it answered; its reason is in the TaskManager's log.",
        "penstock logs NAME --of taskmanager. Often PyFlink is missing in that Python, or is of another version.",
    ),
    _known(
        "transaction timeout above the broker's",
        r"transaction timeout is larger than the maximum value allowed|InvalidTxnTimeoutException|InvalidTransactionTimeout",
        "The sink asks for a longer transaction timeout than the broker allows (transaction.max.timeout.ms, 15 min by default).",
        "Lower transaction_timeout in the sink, or raise the broker's maximum.",
    ),
    _known(
        "record too large for Kafka",
        r"RecordTooLargeException|larger than the max message size|max\.request\.size configuration",
        "A row, or the dead letter of a large record, is larger than the topic takes (max.message.bytes) or the producer sends "
        "(max.request.size, 1 MB by default).",
        "Raise the topic's max.message.bytes, and max.request.size in the sink's properties; for dead letters the topic's is enough. "
        "The job goes on from its last checkpoint.",
    ),
    _known(
        "state finds no operator",
        r"Cannot map checkpoint/savepoint state for operator|There is no operator for the state",
        "The savepoint holds state of an operator that this version of the job has not got.",
        "penstock plan JOB --against TARGET shows which; --drop-state goes on without it.",
    ),
    _known(
        "state of another shape",
        r"StateMigrationException|The new state (?:type)?serializer .*must not be incompatible",
        "The operator is the same, the type of its state is another.",
        "Go back with penstock rollback, or submit with --fresh under another name.",
    ),
    _known(
        "savepoint not there",
        r"Cannot find checkpoint or savepoint file/directory|Cannot find meta data file '_metadata'",
        "The folder of the savepoint is gone, or the cluster cannot see it.",
        "Look for it, and give its place with --from; the folder must be one that all of the cluster reaches.",
    ),
    _known(
        "submitted twice",
        r"DuplicateJobSubmissionException|has already been submitted",
        "Somebody submitted this job at the same moment, and was first.",
        "penstock status NAME shows theirs.",
    ),
    _known(
        "producer fenced",
        r"ProducerFencedException|InvalidProducerEpochException|newer producer with the same transactionalId",
        "Another producer uses the same transactional ids: a second copy of the job, or a job with the same name elsewhere on this "
        "Kafka.",
        "End the other one. Job names must be unique on a Kafka cluster.",
    ),
    _known(
        "not allowed by Kafka",
        r"(?:Topic|Group|TransactionalId|Cluster)AuthorizationException|SaslAuthenticationException|Not authorized to access",
        "Kafka knows the client and does not let it do that, or does not know it.",
        "Ask for read on the source's topic and group, write on the sink's topic, and on transactional ids that begin with the "
        "job's name.",
    ),
    _known(
        "topic not there",
        r"UnknownTopicOrPartitionException|This server does not host this topic-partition",
        "The topic does not exist, or was deleted.",
        "penstock topics create NAME.",
    ),
    _known(
        "no slots",
        r"NoResourceAvailableException|Could not acquire the minimum required resources",
        "The cluster has fewer free slots than the job's parallelism.",
        "Stop a job, add TaskManagers, or lower flink.parallelism. Keep one TaskManager spare, for when one dies.",
    ),
    _known(
        "address in use",
        r"BindException|Address already in use|Could not start rest endpoint on any port",
        "Another process listens on that port already.",
        "penstock stack down when it is an old stack; else choose another port.",
    ),
    _known(
        "out of memory",
        r"OutOfMemoryError|exit code 137|Killed by .*OOM",
        "A process needed more memory than it has.",
        "Heap: more taskmanager.memory.process.size, or less state. Metaspace: restart TaskManagers that ran many versions. Direct: "
        "more taskmanager.memory.task.off-heap.size. Python worker: smaller python.fn-execution.bundle.size.",
    ),
    _known(
        "disk full",
        r"No space left on device|Disk quota exceeded",
        "A disk is full: of checkpoints, of logs, or of a topic.",
        "Free some; a job with a failed checkpoint goes on by itself.",
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
        "Two jars that do not belong together: a connector of another Flink line, or the same one twice in lib/.",
        "penstock doctor --target; take connector jars out of the cluster's lib/, the job brings its own.",
    ),
    _known(
        "Java too old",
        r"UnsupportedClassVersionError",
        "The Java there is older than the one that the classes were made for.",
        "Run Flink on Java 17 or 21.",
    ),
    _known(
        "Java options lost",
        r"InaccessibleObjectException|IllegalAccessError: .* module java\.base|does not \"opens ",
        "Flink's config.yaml was replaced, and with it the options that Java 17 needs (env.java.opts.all).",
        "Add to Flink's own config.yaml, do not replace it.",
    ),
    _known(
        "checkpoints fail",
        r"Exceeded checkpoint tolerable failure threshold|Checkpoint expired before completing",
        "Checkpoints do not complete in time: backpressure, a slow disk, or a sink that waits for its broker.",
        "penstock status NAME shows backpressure and the last checkpoint; raise flink.checkpoint, or parallelism.",
    ),
    _known(
        "TaskManager lost",
        r"Heartbeat of TaskManager .* timed out|TaskManager .* is no longer reachable"
        r"|Connection unexpectedly closed by remote task manager",
        "A TaskManager died or was cut off; Flink starts the job again from its last checkpoint.",
        "Nothing, when it happens once. Else penstock logs NAME --of taskmanager: memory is the usual reason.",
    ),
    _known(
        "record not readable",
        r"Failed to deserialize (?:JSON|CSV|consumer record)|Could not (?:parse|deserialize)|JsonParseException",
        "A record is not what the format and the columns say.",
        "Mend the producer, or the columns; the text of the record stands above.",
    ),
    _known(
        "no broker",
        r"Timed out waiting for a node assignment|No resolvable bootstrap urls|Failed to construct kafka|Timeout expired while fetching "
        r"topic metadata|TimeoutException: Topic .* not present in metadata",
        "Kafka is not reached from where the job runs: also when it is from here.",
        "Give an address that the cluster reaches; inside a container, localhost is the container.",
    ),
)


def explain(text: str) -> Known | None:
    """The known failure that a text shows; None when it is a new one."""
    return next((known for known in KNOWN_FAILURES if known.shows.search(text)), None)


def page() -> str:
    """The troubleshooting page, in Markdown."""
    lines = [
        "# Troubleshooting",
        "",
        "Failures that are known by their text; `penstock` adds the same words to them.",
        "",
    ]
    lines += [
        "`penstock logs NAME` shows why a job on a cluster failed, `penstock doctor --target NAME` what does not fit.",
        "",
    ]
    for known in KNOWN_FAILURES:
        lines += [f"## {known.name[0].upper()}{known.name[1:]}", "", known.why, "", f"**Do**: {known.do}", ""]
    return "\n".join(lines).rstrip() + "\n"
