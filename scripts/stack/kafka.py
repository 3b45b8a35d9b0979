"""One real Kafka broker (KRaft) on this machine, from the Maven jars and the Java runtime that pip brought."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from pathlib import Path

from connectors.jars import jars
from connectors.problems import RunError
from connectors.runtime import java_home
from scripts.stack.processes import Process, free_port, listening, spawn

_READY = 60.0
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
"""


@dataclass(frozen=True)
class _State:
    pid: int
    started: str
    port: int


class Broker:
    """The broker whose data and state are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._file = self.folder / "kafka.json"
        self.log = self.folder / "kafka.log"

    def _state(self) -> _State | None:
        try:
            return _State(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def address(self) -> str | None:
        """`127.0.0.1:port` when the broker runs, else None."""
        state = self._state()
        return f"127.0.0.1:{state.port}" if state and Process(state.pid, state.started).alive else None

    @property
    def ready(self) -> bool:
        """Whether it runs and accepts connections."""
        address = self.address
        return bool(address) and listening(int(str(address).rsplit(":", 1)[1]))

    def start(self, port: int = 9092) -> str:
        """Start it when it does not run; its address, once it is ready. Raises RunError."""
        if address := self.address:
            return address
        classpath = os.pathsep.join(map(str, jars(["kafka-broker"])))
        self._make_folder()
        chosen = free_port(port)
        config = self.folder / "server.properties"
        config.write_text(_PROPERTIES.format(port=chosen, controller=free_port(), folder=self.folder), encoding="utf-8")
        java = java_home() / "bin" / "java"
        self._format(java, classpath, config)
        command: list[str | Path] = [
            java,
            "-Xmx768m",
            "-Xms256m",
            "-XX:+UseSerialGC",
            "-cp",
            classpath,
            "kafka.Kafka",
            config,
        ]
        process = spawn(command, self.log, os.environ, self.folder)
        self._file.write_text(json.dumps(asdict(_State(process.pid, process.started, chosen))), encoding="utf-8")
        self._wait(process, chosen)
        return f"127.0.0.1:{chosen}"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.log.touch()
        except OSError as problem:
            head = f"stack: cannot write into {self.folder}: {problem.strerror}"
            raise RunError(head, do="choose another --folder, or change its permissions") from None

    def _format(self, java: Path, classpath: str, config: Path) -> None:
        """Prepare the data folder. It holds the controller's address: one whose ports changed is told the new one."""
        if (self.folder / "data" / "meta.properties").exists():
            return
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [
            java,
            "-cp",
            classpath,
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            config,
            "--standalone",
        ]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise RunError(f"stack: Kafka's data folder could not be made:\n{(done.stdout + done.stderr)[-1500:]}")

    def _wait(self, process: Process, port: int) -> None:
        until = time.monotonic() + _READY
        while time.monotonic() < until:
            if listening(port) and self._answers(port):
                return
            if not process.alive:
                break
            time.sleep(0.1)
        process.stop()
        tail = self.log.read_text(encoding="utf-8", errors="replace")[-1500:] if self.log.exists() else ""
        raise RunError(
            f"stack: Kafka did not become ready:\n{tail}",
            do=f"read {self.log}; {self.folder} may be deleted to begin anew",
        )

    def _answers(self, port: int) -> bool:
        from contextlib import closing

        from connectors.kafka_preflight import admin

        try:
            with closing(admin("stack", f"127.0.0.1:{port}")) as client:
                client.list_topics()
        except Exception:  # not ready yet, in one of many ways
            return False
        return True

    def stop(self, remove: bool = False) -> bool:
        """Stop it, and with `remove` delete its data. Whether it was running."""
        state = self._state()
        stopped = bool(state) and Process(state.pid, state.started).stop() if state else False
        self._file.unlink(missing_ok=True)
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)
        return stopped
