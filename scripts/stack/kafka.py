"""One real Kafka broker (KRaft) on this machine, from Maven jars and the Java runtime of the pip package."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime import class_data
from penstock.connectors.runtime.home import java_home, jvm_args
from penstock.connectors.runtime.jars import jars
from penstock.scripts.stack import ports
from penstock.scripts.stack.processes import Process, free_port, listening
from penstock.scripts.stack.service import Service

_READY = 60.0
# After a kill -9 the controller accepts the broker again only when its old session has expired (9 s by default).
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised},CONTROLLER://127.0.0.1:{controller}
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
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
"""


def cluster_id(random: uuid.UUID) -> str:
    """Return an id in Kafka's format that does not begin with a dash, because Kafka's tools would read it as an option."""
    return urlsafe_b64encode(b"\0" + random.bytes[1:]).decode().rstrip("=")


class Broker:
    """The broker with its data and state in `folder`."""

    java_options: tuple[str, ...] = ()
    """Additional options of the broker's JVM."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.service = Service(folder, "kafka")

    @property
    def address(self) -> str | None:
        """Return `127.0.0.1:port` if the broker runs, else None."""
        port = self.service.port
        return f"127.0.0.1:{port}" if port else None

    @property
    def ready(self) -> bool:
        """Whether the broker runs and accepts connections."""
        port = self.service.port
        return port is not None and listening(port)

    def start(
        self, port: int | None = None, advertised: int | None = None, say: Callable[[str], None] = lambda text: None
    ) -> str:  # fmt: skip
        """Start the broker if it does not run. Returns its address when it is ready.

        Without a `port`, the port of the last start or 9092 is used if it is free, otherwise another one, with a message to `say`.
        `advertised` is the advertised port, for a proxy between clients and broker. Raises RunError.
        """
        if address := self.address:
            if port not in (None, self.service.port):
                raise RunError(
                    f"stack: Kafka is already running at {address}", do="run penstock stack down first, or omit --port"
                )
            return address
        self.service.make_folder()
        chosen = ports.choose("Kafka", "--port", port, 9092, self.folder / "kafka.port", say)
        controller = free_port()
        config = self.folder / "server.properties"
        config.write_text(self.properties(chosen, advertised or chosen, controller), encoding="utf-8")
        self._format(config)
        self._run(chosen)
        return f"127.0.0.1:{chosen}"

    def properties(self, port: int, advertised: int, controller: int) -> str:
        """Return the configuration of the broker."""
        return _PROPERTIES.format(port=port, advertised=advertised, controller=controller, folder=self.folder)

    @cached_property
    def _java(self) -> list[str | Path]:
        """The beginning of a command with Kafka's classes. The first one on a machine takes some seconds, see `class_data`."""
        class_path = os.pathsep.join(map(str, jars(["kafka-broker"])))
        archive = class_data.options(class_data.kafka_archive(class_path))
        return [java_home() / "bin" / "java", "-XX:+UseSerialGC", *archive, *jvm_args(), "-cp", class_path]

    def _run(self, port: int) -> None:
        [java, *options] = self._java
        command = [java, "-Xmx768m", "-Xms256m", *self.java_options, *options, "kafka.Kafka"]
        process = self.service.start([*command, self.folder / "server.properties"], os.environ, port)
        self._wait(process, port)

    def restart(self, port: int) -> None:
        """Start a killed broker again with the same configuration. Raises RunError."""
        self._run(port)

    def _format(self, config: Path) -> None:
        """Format the data folder if it is new."""
        if (self.folder / "data" / "meta.properties").exists():
            return
        [java, *options] = self._java
        command = [java, "-XX:TieredStopAtLevel=1", *options, "kafka.tools.StorageTool", "format", "--standalone"]
        command += ["-t", cluster_id(uuid.uuid4()), "-c", config]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise RunError(f"stack: Kafka could not format its data folder:\n{(done.stdout + done.stderr)[-1500:]}")

    def _wait(self, process: Process, port: int) -> None:
        until = time.monotonic() + _READY
        while time.monotonic() < until:
            if listening(port) and self._answers(port):
                return
            if not process.alive:
                break
            time.sleep(0.1)
        process.stop()
        raise RunError(
            f"stack: Kafka did not become ready:\n{self.service.tail()}",
            do=f"read {self.service.log}; to start with empty data, delete {self.folder}",
        )

    def _answers(self, port: int) -> bool:
        from contextlib import closing

        from penstock.connectors.kafka.preflight import admin

        try:
            with closing(admin("stack", f"127.0.0.1:{port}")) as client:
                client.list_topics()
        except Exception:  # while the broker starts, the client fails in many ways
            return False
        return True

    def stop(self) -> bool:
        """Stop the broker. Returns whether it was running."""
        return self.service.stop()
