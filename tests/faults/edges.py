"""Where the records of a trial come from and where its rows and dead letters go: topics, folders of files, a table, or the console."""

from __future__ import annotations

import json
import re
import threading
import time
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.faults.feed import Read, read_all
from tests.faults.queues import Queues
from tests.faults.record import Record
from tests.faults.servers import DATABASES, Endpoint, Server, Table

SOURCES, SINKS, DEAD = (
    ("kafka", "files", "rabbitmq"),
    ("kafka", "files", "parquet", *DATABASES, "http", "rabbitmq", "console"),
    ("kafka", "files"),
)
TOPICS = {"in": "in", "out": "out", "dead": "dead"}
_PERIOD = 0.25
_QUEUES = {"url": "${RABBITMQ}", "user": "penstock", "password": "${env:RABBITMQ_PASSWORD}"}


@dataclass(frozen=True)
class Edges:
    """The kinds of source, sink and dead-letter sink. Folders are `in`, `out` and `dead` beside the job file."""

    source: str = "kafka"
    sink: str = "kafka"
    dead: str = "kafka"

    @property
    def name(self) -> str:
        """The name of the edges, such as `kafka-files-kafka`."""
        return f"{self.source}-{self.sink}-{self.dead}"

    @property
    def asks_server(self) -> bool:
        """Whether the output is in a server other than Kafka."""
        return self.sink in (*DATABASES, "http", "rabbitmq")

    def server(self, folder: Path) -> Server | None:
        """The server of the source or the sink; None if they need none of their own."""
        if "rabbitmq" in (self.source, self.sink):
            return Queues(folder)
        if self.sink == "http":
            return Endpoint()
        return Table(DATABASES[self.sink], folder) if self.sink in DATABASES else None

    def source_config(self, topic: str, columns: dict[str, str], group: str, guarantee: str) -> dict[str, Any]:
        """The `source` of the job file. Messages of a queue are read exactly once with their ids, else at least once."""
        both = {
            "columns": columns,
            "event_time": {"column": "at", "out_of_order": "1 s"},
            "on_error": "dead_letter",
        }
        if self.source == "files":
            return {"files": {"path": "in", "follow": "200 ms", **both}}
        if self.source == "rabbitmq":
            queue = {**_QUEUES, "queue": topic, "create": True, "skip_redelivered": guarantee == "exactly_once"}
            return {"rabbitmq": {**queue, **both}}
        return {"kafka": {"bootstrap": "${KAFKA}", "topic": topic, "group": group, "start": "earliest", **both}}

    def sink_config(self, topic: str, guarantee: str, key: list[str]) -> dict[str, Any]:
        """The `sink` of the job file. A table, or an endpoint or a consumer that recognises keys, has each row exactly
        once if its key identifies a row, and at least once without one."""
        if self.sink == "console":
            return {"console": {}}
        if self.sink == "files":
            return {"files": {"path": "out"}}
        if self.sink == "parquet":
            return {"files": {"path": "out", "format": "parquet", "partition_by": "user"}}
        if self.sink in DATABASES:
            variable = DATABASES[self.sink].variable
            login = {"url": f"${{{variable}}}", "user": "penstock", "password": f"${{env:{variable}_PASSWORD}}"}
            keyed = {"key": key} if guarantee == "exactly_once" else {}
            return {self.sink: {**login, "table": topic, "create": True, "on_error": "dead_letter", **keyed}}
        if self.sink == "rabbitmq":
            keyed = {"message_id": key} if guarantee == "exactly_once" else {}
            return {"rabbitmq": {**_QUEUES, "queue": topic, "create": True, "on_error": "dead_letter", **keyed}}
        if self.sink == "http":
            keyed = {"key": key} if guarantee == "exactly_once" else {}
            return {"http": {"url": "${ENDPOINT}", "on_error": "dead_letter", **keyed}}
        return {"kafka": {"bootstrap": "${KAFKA}", "topic": topic, "guarantee": guarantee, "key": ["user"]}}

    def dead_config(self, topic: str, guarantee: str) -> dict[str, Any]:
        """The `dead_letters` of the job file. Beside a Kafka sink they have the guarantee of that sink by default."""
        if self.dead == "files":
            return {"files": {"path": "dead"}}
        kafka = {"bootstrap": "${KAFKA}", "topic": topic}
        return {"kafka": kafka if self.sink == "kafka" else {**kafka, "guarantee": guarantee}}


class FolderFeed:
    """Write a file of new records into a folder every quarter of a second. Each is complete before it gets its final name."""

    def __init__(self, folder: Path, make: Callable[[int], Record], rate: float) -> None:
        self._folder, self._make, self._rate = folder, make, rate
        self._folder.mkdir(parents=True, exist_ok=True)
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self.files: dict[Hashable, list[int]] = defaultdict(list)
        self.sent = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self, least: int) -> int:
        """Write until at least `least` records exist; the number of all records."""
        self._stop.set()
        self._thread.join()
        if self.sent < least:
            self._file(least - self.sent)
        return self.sent

    def _run(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(_PERIOD):
            self._file(int((time.monotonic() - began) * self._rate) - self.sent)

    def _file(self, count: int) -> None:
        if count <= 0:
            return
        numbers = list(range(self.sent, self.sent + count))
        name = self.put([self._make(n).value for n in numbers])
        self.files[name] = numbers
        self.sent += count

    def put(self, values: list[bytes]) -> str:
        """Write one more file with these lines; its name."""
        name = f"{len(self.files):06d}.jsonl"
        hidden = self._folder / f".{name}"
        hidden.write_bytes(b"".join(value + b"\n" for value in values))
        hidden.rename(self._folder / name)
        return name


class FolderWatcher:
    """Watch the visible files of a folder during the faults: a file that was seen once must stay, with the same bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self._seen: dict[Path, int] = {}
        self.repeated = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(_PERIOD):
            for file in visible(self._folder):
                if file not in self._seen:
                    self._seen[file] = hash(file.read_bytes())

    def end(self, final: list[Read]) -> int:
        """Stop; the number of seen files that have disappeared or changed."""
        self._stop.set()
        self._thread.join()
        return sum(1 for file, seen in self._seen.items() if not file.exists() or hash(file.read_bytes()) != seen)


class RowWatcher:
    """Count the rows of a server during the faults: their number never decreases. `count` returns None while the server is down."""

    def __init__(self, count: Callable[[], int | None]) -> None:
        self._count, self._most = count, 0
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self.repeated = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(12 * _PERIOD):
            now = self._count()
            if now is not None:
                self.repeated += now < self._most
                self._most = max(self._most, now)

    def end(self, final: list[Read]) -> int:
        """Stop; 1 if rows that were seen are missing at the end, else 0."""
        self._stop.set()
        self._thread.join()
        return int(len(final) < self._most)


def visible(folder: Path) -> list[Path]:
    """The files that a reader reads: those whose names do not begin with a dot or an underscore."""
    return sorted(f for f in folder.rglob("*") if f.is_file() and not f.name.startswith((".", "_")))


def read_files(folder: Path) -> list[bytes]:
    """Every line of the visible files of a folder."""
    return [line for file in visible(folder) for line in file.read_bytes().splitlines()]


def read_parquet(folder: Path) -> list[bytes]:
    """Every row of the visible Parquet files of a folder as a JSON object. Arrow adds the columns that are in the paths."""
    import pyarrow.parquet as pq

    if not visible(folder):
        return []
    return [json.dumps(row, default=_json).encode() for row in pq.read_table(folder).to_pylist()]


def _json(value: object) -> str:
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else str(value)


def read(kind: str, kafka: str, topic: str, folder: Path) -> list[Read]:
    """The records that a reader sees: the committed records of a topic, or the lines of visible files."""
    if kind in ("files", "parquet"):
        lines = read_files(folder) if kind == "files" else read_parquet(folder)
        return [Read(0, offset, None, line) for offset, line in enumerate(lines)]
    return read_all(kafka, topic)


def dead_numbers(dead_letters: list[Read]) -> list[int]:
    """The numbers of the records in these dead letters."""
    raws = [b64decode(json.loads(one.value)["raw"]) for one in dead_letters]
    return [int(found[1]) for found in (re.match(rb'{"n": (\d+)', raw) for raw in raws) if found]
