"""Record the classes that class archives contain: `python -m penstock.scripts.class_lists`. Run it after an upgrade of Flink or Kafka.

It starts a broker and a session cluster, and runs jobs there and in a mini-cluster. Each JVM writes the classes that it loads. A class that
is missing from a list loads as before, only more slowly.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from penstock.connectors.runtime.class_data import LISTS
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.kafka import Broker

_ROOT = Path(__file__).parents[2]
_FUNCTION = "def twice(a):\n    return a * 2\n"
_JOB = """\
name: training
source:
  kafka:
    bootstrap: ${KAFKA}
    topic: training
    group: training
    start: earliest
    UNTIL
    columns: {k: string, n: bigint, at: timestamp_ltz(3)}
    event_time: {column: at}
    on_error: dead_letter
job:
  - uppercase_filter: {column: k, keep: {starts_with: A}}
  - map: {function: training_functions.twice, of: n, to: twice, type: bigint}
  - rolling_sum: {key: k, value: n, window: {tumble: 1 s}}
sink:
  kafka: {bootstrap: "${KAFKA}", topic: training-sums, guarantee: exactly_once}
dead_letters:
  kafka: {bootstrap: "${KAFKA}", topic: training-dead}
flink: {checkpoint: 1 s}
"""
_LINES = [f'{{"k": "a", "n": {n}, "at": "2026-01-01T00:00:{n:02d}Z"}}' for n in range(60)] + ["not JSON"]


def merged(lists: Iterable[str]) -> str:
    """Merge the class lists of several JVMs: without the classes that the class loader of the class path cannot load again, and without the
    numbers of classes, which differ between JVMs."""
    lines: dict[str, None] = {}
    for text in lists:
        for line in text.splitlines():
            if " source: " not in line and "$Proxy" not in line and not line.startswith("#"):
                lines[re.sub(r" id: \d+", "", line)] = None
    return "".join(f"{line}\n" for line in lines)


def _run(folder: Path) -> None:
    """Run the jobs, with files in `folder`."""
    (folder / "training_functions.py").write_text(_FUNCTION, encoding="utf-8")
    (folder / "run.yaml").write_text(_JOB.replace("UNTIL", "until: latest"), encoding="utf-8")
    (folder / "submit.yaml").write_text(_JOB.replace("UNTIL\n    ", ""), encoding="utf-8")
    with ExitStack() as stack:
        broker, cluster = Broker(folder / "kafka"), FlinkCluster(folder / "stack")
        stack.callback(broker.stop)
        stack.callback(cluster.stop)
        os.environ["KAFKA"] = broker.start(0)
        os.environ["FLINK"] = cluster.start(0)
        topics = ["training", "training-sums", "training-dead"]
        _penstock(folder, "topics", "create", *topics, "--bootstrap", os.environ["KAFKA"])
        _penstock(folder, "topics", "produce", "training", "--bootstrap", os.environ["KAFKA"], lines=_LINES)
        _penstock(folder, "run", str(_ROOT / "conf/jobs/uppercase_filter.yaml"))
        _penstock(folder, "run", "run.yaml")
        target = str(_ROOT / "conf/targets/session.yaml")
        _penstock(folder, "submit", "submit.yaml", "--target", target)
        _penstock(folder, "status", "training", "--target", target)
        _penstock(folder, "stop", "training", "--target", target)


def _penstock(folder: Path, *arguments: str, lines: Iterable[str] = ()) -> None:
    command = [sys.executable, "-m", "penstock.scripts.main", *arguments]
    subprocess.run(command, cwd=folder, check=True, input="\n".join(lines), text=True)


def main() -> None:
    """Write the lists `flink` and `kafka`."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as name:
        folder = Path(name)
        os.environ["PENSTOCK_JVM_ARGS"] = f"-Xshare:off -XX:DumpLoadedClassList={folder}/%p.lst"
        _run(folder)
        lists = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.lst"))]
    of_kafka = [text for text in lists if "\nkafka/Kafka " in text]
    of_flink = [text for text in lists if "\norg/apache/flink/" in text]
    LISTS.mkdir(exist_ok=True)
    for kind, found in (("flink", of_flink), ("kafka", of_kafka)):
        text = merged(found)
        (LISTS / f"{kind}.lst.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        print(f"{kind}: {text.count(chr(10))} lines from {len(found)} JVMs")  # noqa: T201


if __name__ == "__main__":
    main()
