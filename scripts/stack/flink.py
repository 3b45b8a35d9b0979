"""A Flink session cluster on this machine, from the pip package: JobManagers, TaskManagers, and optionally ZooKeeper."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.security import java_options
from penstock.connectors.runtime import class_data
from penstock.connectors.runtime.home import flink_home, java_home, jvm_args
from penstock.connectors.runtime.jars import jars
from penstock.scripts.flink.client import ENDED
from penstock.scripts.flink.rest import Rest, Unreachable
from penstock.scripts.stack import flink_config, ports
from penstock.scripts.stack.flink_config import HOST, Layout
from penstock.scripts.stack.processes import free_port, listening
from penstock.scripts.stack.service import Service

_READY = 90.0
_JOBMANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_TASKMANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_ZOOKEEPER = "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer"


class FlinkCluster:
    """The cluster with its data and state in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute() / "flink"
        self._layout_file = self.folder / "cluster.json"

    @property
    def layout(self) -> Layout | None:
        """Return the components of the cluster; None if no cluster was started here."""
        try:
            saved = json.loads(self._layout_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        tuples = {name: tuple(saved.get(name, ())) for name in ("rest_ports", "token_urls")}
        return Layout(**{**saved, "folder": Path(saved["folder"]), **tuples})

    def services(self) -> list[Service]:
        """Return the programs of the cluster, in start order."""
        layout = self.layout
        if not layout:
            return []
        names = ["zookeeper"] if layout.zookeeper else []
        names += [f"jobmanager-{n + 1}" for n in range(len(layout.rest_ports))]
        names += [f"taskmanager-{n + 1}" for n in range(layout.taskmanagers)]
        return [Service(self.folder, name) for name in names]

    @property
    def address(self) -> str | None:
        """Return the REST address, `http://127.0.0.1:port`, of the first running JobManager; None if none runs."""
        layout = self.layout
        for service in self.services():
            if layout and service.name.startswith("jobmanager") and service.alive:
                return f"http://{HOST}:{layout.rest_ports[int(service.name.split('-')[1]) - 1]}"
        return None

    def slots(self) -> tuple[int, int] | None:
        """Return the numbers of free and of all slots; None if the JobManager does not answer."""
        address = self.address
        try:
            overview = Rest(address, timeout=3).get("/overview") if address else None
        except (Unreachable, RunError):
            return None
        return (overview["slots-available"], overview["slots-total"]) if overview else None

    def running_jobs(self) -> list[str]:
        """Return the names of the jobs that run, sorted; none if the JobManager does not answer within two seconds."""
        address = self.address
        try:
            found = Rest(address, timeout=2).get("/jobs/overview")["jobs"] if address else []
            return sorted(job["name"] for job in found if job["state"] not in ENDED)
        except (RunError, KeyError, TypeError):
            return []

    def start(
        self, port: int | None = None, taskmanagers: int = 2, slots: int = 2, ha: bool = False,
        token_urls: Sequence[str] = (), say: Callable[[str], None] = lambda text: None,
    ) -> str:  # fmt: skip
        """Start the programs that do not run. Returns the REST address when every slot is available.

        Without a `port`, the port of the last start or 8081 is used if it is free, otherwise another one, with a message to `say`. Raises
        RunError.
        """
        layout = self.layout
        if layout and (address := self.address):
            if port is not None and port not in layout.rest_ports:
                raise RunError(
                    f"stack: Flink is already running at {address}",
                    do="run penstock stack down first, or omit --rest-port",
                )
        else:
            Service(self.folder, "jobmanager-1").make_folder()
            first = ports.choose("Flink", "--rest-port", port, 8081, self.folder / "rest.port", say)
            rest = (first, free_port(first + 1)) if ha else (first,)
            zookeeper = free_port() if ha else None
            urls = tuple(token_urls)
            rpc = free_port()  # not Flink's default: two stacks that start at the same time would both find it free
            layout = Layout(self.folder, rest, rpc, taskmanagers, slots, zookeeper, urls)
            for name in ("tmp", "checkpoints", "savepoints"):
                (self.folder / name).mkdir(exist_ok=True)
            saved = {**layout.__dict__, "folder": str(layout.folder)}
            self._layout_file.write_text(json.dumps(saved), encoding="utf-8")
        for service in self.services():
            if not service.alive:
                self.launch(service.name)
                if service.name == "zookeeper":
                    self._wait(lambda: listening(layout.zookeeper or 0), "ZooKeeper did not start", service)
        wanted = layout.taskmanagers * layout.slots
        self._wait(lambda: (self.slots() or (0, 0))[1] >= wanted, "Flink did not become ready", self.services()[-1])
        return str(self.address)

    def launch(self, name: str) -> Service:
        """Start one program of the layout, such as `taskmanager-1`, without waiting for it."""
        layout = self.layout
        if not layout:
            raise RunError(f"stack: no Flink cluster exists in {self.folder}", do="run penstock stack up")
        service = Service(self.folder, name)
        kind, _, number = name.partition("-")
        options = flink_config.settings(layout)
        heap = 512
        if kind == "zookeeper":
            self._zookeeper(layout)
            arguments: list[str | Path] = [_ZOOKEEPER, "--zkConfigFile", self.folder / "zoo.cfg", "--peerId", "1"]
            heap = 256
        elif kind == "jobmanager":
            port = layout.rest_ports[int(number) - 1]
            rpc = str(layout.rpc_port) if not layout.zookeeper else "0"
            options |= {"rest.port": str(port), "rest.bind-port": str(port), "jobmanager.rpc.port": rpc}
            arguments = [_JOBMANAGER, "--configDir", self.folder / f"conf-{name}", "--executionMode", "cluster"]
        else:
            options |= flink_config.memory() | {"taskmanager.resource-id": f"{name}-{time.time_ns() // 1_000_000}"}
            arguments = [_TASKMANAGER, "--configDir", self.folder / f"conf-{name}"]
        conf = self.folder / f"conf-{name}"
        flink_config.write(conf, options)
        service.start(
            _java(conf, heap, service.log, layout.token_urls) + arguments, _environ(conf), layout.rest_ports[0]
        )
        return service

    def kill(self, name: str) -> None:
        """Kill one program like a crash, to test what happens afterwards."""
        Service(self.folder, name).kill()

    def _zookeeper(self, layout: Layout) -> None:
        lines = f"tickTime=500\ninitLimit=20\nsyncLimit=10\nclientPort={layout.zookeeper}\nclientPortAddress={HOST}\n"
        lines += f"dataDir={self.folder / 'zookeeper'}\nadmin.enableServer=false\n"
        (self.folder / "zookeeper").mkdir(exist_ok=True)
        (self.folder / "zoo.cfg").write_text(lines + f"server.1={HOST}:{free_port()}:{free_port()}\n", encoding="utf-8")

    def _wait(self, ready: Callable[[], bool], head: str, service: Service) -> None:
        until = time.monotonic() + _READY
        while time.monotonic() < until:
            if ready():
                return
            dead = next((one for one in self.services() if one.process and not one.alive), None)
            if dead:
                service = dead
                break
            time.sleep(0.2)
        text = service.tail()
        raise RunError(
            f"stack: {head}:\n{text}", do=f"read {service.log}; then run penstock stack down and penstock stack up"
        )

    def stop(self) -> bool:
        """Stop every program, TaskManagers first. Returns whether any was running."""
        stopped = [service.stop() for service in reversed(self.services())]
        self._layout_file.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        return any(stopped)


def _java(conf: Path, heap: int, log: Path, token_urls: Sequence[str]) -> list[str | Path]:
    home = class_data.home()
    archive = class_data.options(class_data.flink_archive(home))
    # The class archive is valid only for a class path with this beginning. It contains the connector, which Flink's own class loader
    # therefore loads, see flink_config.
    more = jars(["kafka-oauth"] if token_urls else [])
    class_path = os.pathsep.join([class_data.class_path(class_data.lib(home)), *map(str, more)])
    logs = [f"-Dlog4j.configurationFile={(conf / 'log4j.properties').as_uri()}", f"-Dlog.file={log}"]
    logs += java_options(token_urls)
    java = java_home() / "bin" / "java"
    return [java, *flink_config.java_options(heap), *archive, *jvm_args(), *logs, "-cp", class_path]


def _environ(conf: Path) -> dict[str, str]:
    own = {"FLINK_CONF_DIR": str(conf), "FLINK_HOME": str(flink_home()), "JAVA_HOME": str(java_home())}
    return {**os.environ, **own, "FLINK_LIB_DIR": str(flink_home() / "lib"), "FLINK_OPT_DIR": str(flink_home() / "opt")}
