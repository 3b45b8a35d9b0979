"""The broker, the cluster and the job of a trial, and methods to query them during the faults."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.preflight import admin
from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.kafka import Broker
from penstock.scripts.stack.processes import Process, free_port
from penstock.scripts.stack.service import Service
from tests.faults import watch
from tests.faults.disk import Disk
from tests.faults.edges import TOPICS, Edges, FolderFeed, FolderWatcher, RowWatcher, read
from tests.faults.feed import Feed, Read, Watcher, producer
from tests.faults.proxy import Proxy
from tests.faults.queues import QueueFeed, Queues
from tests.faults.record import Record
from tests.faults.scenarios import PARTITIONS, Scenario

NAME = "faults"
_PENSTOCK = Path(sys.executable).with_name("penstock")
_RECOVERY = 180.0
_ORPHAN_AGE = 10.0


class Site:
    """The environment of one trial, in `folder`."""

    def __init__(
        self, folder: Path, scenario: Scenario, guarantee: str, ha: bool, small_disk: bool = False, edges: Edges | None = None
    ) -> None:  # fmt: skip
        self.folder, self.scenario, self.edges = folder, scenario, edges or Edges()
        self.broker = Broker(folder / "kafka")
        self.cluster = FlinkCluster(folder / "flink")
        self.server = self.edges.server(folder / "server")
        self.jobs = [scenario.write(folder, guarantee, n, f"parallel-{n}.yaml", self.edges) for n in (1, 2)]
        self._ha, self._turn, self._small_disk = ha, 1, small_disk
        self.disk = Disk(self.cluster.folder / "checkpoints")
        self._killed: dict[int, float] = {}
        self.orphans: set[int] = set()
        self._over, self._watcher = threading.Event(), threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Site:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        port = free_port()
        self.proxy = Proxy(port)
        self.broker.start(port, advertised=self.proxy.port)
        self.kafka = f"127.0.0.1:{self.proxy.port}"
        if self.server:
            own = free_port()
            self.server.start(own)
            self.server_proxy = Proxy(own)
        if self._small_disk:
            self.disk.mount()
        self.cluster.start(0, taskmanagers=3, slots=1, ha=self._ha)
        self._create_topics()
        self._watcher.start()

    def _create_topics(self) -> None:
        wanted = {topic: {"num_partitions": PARTITIONS, "replication_factor": 1} for topic in TOPICS}
        for turn in range(20):  # everything starts at once on few cores
            with contextlib.suppress(Exception), closing(admin("faults", self.kafka)) as client:
                there = set(client.list_topics())
                client.create_topics({name: how for name, how in wanted.items() if name not in there})
                return
            time.sleep(turn / 4)
        raise AssertionError("the topics could not be created")

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self.cluster.stop()
        self.broker.stop()
        if self.server:
            self.server.stop()
        self.disk.unmount()

    def _watch(self) -> None:
        """Look for processes that outlive by more than 10 s the TaskManager that started them."""
        while not self._over.wait(1):
            sessions = {pid for pid, at in self._killed.items() if time.monotonic() - at > _ORPHAN_AGE}
            for process in psutil.process_iter():
                with contextlib.suppress(psutil.Error, ProcessLookupError):
                    if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                        self.orphans.add(process.pid)

    # --- its edges

    def feed(self, make: Callable[[int], Record], rate: float) -> Feed | FolderFeed | QueueFeed:
        """The thread that sends the job's input."""
        if self.edges.source == "rabbitmq":
            assert isinstance(self.server, Queues)
            self._queue_feed = QueueFeed(self.server, make, rate)
            return self._queue_feed
        if self.edges.source == "files":
            return FolderFeed(self.folder / "in", make, rate)
        return Feed(self.kafka, "in", make, rate)

    def send_last(self, feed: Feed | FolderFeed | QueueFeed, values: list[tuple[int, bytes]]) -> None:
        """Send the records, `(partition, value)`, that close every window."""
        if isinstance(feed, FolderFeed | QueueFeed):
            feed.put([value for _, value in values])
            return
        with closing(producer(self.kafka)) as last:
            for partition, value in values:
                last.send("in", value=value, partition=partition).get(timeout=60)

    def watcher(self) -> Watcher | FolderWatcher | RowWatcher:
        """The thread that reads the output during the faults."""
        if self.server and self.edges.asks_server:
            return RowWatcher(self.server.count)
        return (
            FolderWatcher(self.folder / "out")
            if self.edges.sink in ("files", "parquet")
            else Watcher(self.kafka, "out")
        )

    def read(self, part: str) -> list[Read]:
        """The records that a reader sees in `in`, `out` or `dead`."""
        if part == "in" and self.edges.source == "rabbitmq":
            return [Read(0, offset, None, value) for offset, value in enumerate(self._queue_feed.values)]
        if part == "out" and self.server and self.edges.asks_server:
            return [Read(0, offset, None, row.encode()) for offset, row in enumerate(self.server.rows())]
        kinds = {"in": self.edges.source, "out": self.edges.sink, "dead": self.edges.dead}
        return read(kinds[part], self.kafka, part, self.folder / part)

    # --- the command

    def penstock(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [_PENSTOCK, *map(str, arguments)], cwd=self.folder, env=self._environ(), capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    def _environ(self) -> dict[str, str]:
        own = {"KAFKA": self.kafka, "FLINK": str(self.cluster.address)}
        if self.server:
            own |= self.server.variables(self.server_proxy.port)
        return {**os.environ, **own}

    def submit(self) -> None:
        """Start the job."""
        done = self.penstock("submit", self.jobs[1])
        if done.returncode:
            raise AssertionError(f"submit failed: {done.stderr}")

    def upgrading(self) -> subprocess.Popen[bytes]:
        """Start an upgrade to another parallelism; it runs when this returns."""
        self._turn = 1 - self._turn
        return subprocess.Popen(
            [_PENSTOCK, "upgrade", str(self.jobs[self._turn]), "--checkpoints", "1", "--hold", "0"],
            cwd=self.folder, env=self._environ(), stdout=subprocess.DEVNULL, stderr=(self.folder / "upgrade.log").open("ab"),
        )  # fmt: skip

    def upgrade(self) -> None:
        """Upgrade to another parallelism, from the job's own state."""
        if self.upgrading().wait(timeout=300):
            self.reconcile()

    def reconcile(self) -> None:
        """Make sure that one copy of the job runs, no matter which command was broken off."""
        until = time.monotonic() + _RECOVERY
        while time.monotonic() < until:
            seen = self.penstock("status", NAME)
            live = [job for job in self.flink.jobs() if job.name == NAME and job.live]
            if len(live) > 1:
                raise AssertionError(f"{len(live)} copies of the job run:\n{seen.stdout}")
            if live:
                return
            self.penstock("resume", NAME)
        raise AssertionError(f"the job did not come back:\n{seen.stdout}{seen.stderr}")

    def rows(self) -> dict[str, int | None]:
        """The counts of `penstock status`, once they are known: a cluster that lost a TaskManager may take 10 s until they are."""
        until = time.monotonic() + 60
        while True:
            found: dict[str, int | None] = json.loads(self.penstock("status", NAME, "--output", "json").stdout)["rows"]
            if found["in"] is not None or time.monotonic() > until:
                return found
            time.sleep(1)

    # --- the cluster

    @property
    def flink(self) -> Flink:
        return Flink(str(self.cluster.address))

    def process(self, name: str) -> Process:
        """A process of the cluster, as it was started last."""
        found = Service(self.cluster.folder, name).process
        assert found, name
        return found

    def kill(self, name: str) -> None:
        """Kill a process, as a crash would end it."""
        process = self.process(name)
        self.cluster.kill(name)
        if name.startswith("taskmanager"):
            self._killed[process.pid] = time.monotonic()

    def working_taskmanager(self, dice: random.Random) -> str:
        """A TaskManager that runs tasks of the job if the cluster knows it, else one that runs."""
        alive = [s.name for s in self.cluster.services() if s.name.startswith("taskmanager") and s.alive]
        with contextlib.suppress(RunError, KeyError):
            busy = watch.busy(self.flink)
            alive = [name for name in alive if name in busy] or alive
        return dice.choice(sorted(alive))

    def leader(self) -> str:
        """The leading JobManager."""
        port = {e["key"]: e["value"] for e in self.flink.rest.get("/jobmanager/config")}["rest.port"]
        layout = self.cluster.layout
        assert layout
        return f"jobmanager-{layout.rest_ports.index(int(port)) + 1}"

    def relaunch(self) -> None:
        """Start the processes that do not run."""
        for service in self.cluster.services():
            if not service.alive:
                self.cluster.launch(service.name)

    def workers(self) -> list[psutil.Process]:
        """The Python workers of the TaskManagers."""
        found: list[psutil.Process] = []
        for service in self.cluster.services():
            if service.name.startswith("taskmanager") and service.process:
                with contextlib.suppress(psutil.NoSuchProcess):
                    children = psutil.Process(service.process.pid).children(recursive=True)
                    found += [one for one in children if "pyflink.fn_execution" in " ".join(one.cmdline())]
        return found

    # --- the job

    def await_checkpoint(self, file: str) -> None:
        """Wait until the next checkpoint begins to be written, or (`_metadata`) is complete and about to be committed."""
        watch.await_checkpoint(self.cluster.folder / "checkpoints", file)

    def await_restoring(self) -> None:
        """Wait until the job, which just lost a TaskManager, is being restored."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(RunError, KeyError):
                job = self.flink.live(NAME)
                states = {v["status"] for v in self.flink.details(job.id)["vertices"]} if job else set()
                if states & {"DEPLOYING", "INITIALIZING"}:
                    return
            time.sleep(0.05)

    def await_recovery(self, since: float) -> float:
        """Seconds from `since` to the end of the first checkpoint that began after it."""
        until = time.monotonic() + _RECOVERY
        while time.monotonic() < until:
            if last := watch.checkpoint_since(self.flink, NAME, since):
                return float(last["latest_ack_timestamp"] / 1000 - since)
            time.sleep(0.1)
        raise AssertionError(f"no checkpoint {_RECOVERY:g} s after the fault:\n{self.penstock('status', NAME).stdout}")

    def await_drained(self, fed: int) -> None:
        """Wait until all `fed` records are read and their output is committed."""
        until = time.monotonic() + 600
        while self._behind(fed) and time.monotonic() < until:
            time.sleep(0.5)
        self.await_recovery(time.time())
        self.await_recovery(time.time())

    def _behind(self, fed: int) -> int:
        if self.edges.source != "kafka":
            return max(0, fed - (self.rows()["in"] or 0))  # some may have been read twice
        from kafka import KafkaConsumer, TopicPartition

        with closing(KafkaConsumer(bootstrap_servers=self.kafka, group_id=NAME, enable_auto_commit=False)) as consumer:
            parts = [TopicPartition("in", p) for p in range(PARTITIONS)]
            ends = consumer.end_offsets(parts)
            return sum(ends[part] - (consumer.committed(part) or 0) for part in parts)
