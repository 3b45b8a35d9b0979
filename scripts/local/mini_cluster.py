"""One mini-cluster for many small jobs. Tests start it once, and then each job takes a fraction of a second."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from penstock.connectors.config.problems import RunError
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.jobs.programs.submit import prepare
from penstock.scripts.jvm import gateway
from penstock.scripts.local.pipe import Pipe
from penstock.scripts.local.runner import failures, new_log_dir

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

_SLOTS = 8


@dataclass(frozen=True)
class Collected:
    """The lines that a job wrote to its console sink. In a changelog each line begins with + or -."""

    lines: list[bytes]

    def rows(self) -> list[dict[str, Any]]:
        """Return the lines as JSON objects."""
        return [json.loads(line) for line in self.lines]


class MiniCluster:
    """`with MiniCluster() as cluster: cluster.run(pipeline)`. One JVM and one thread run the jobs one after the other."""

    def __init__(self, jar_names: tuple[str, ...] = ("penstock",)) -> None:
        self._names = jar_names

    def __enter__(self) -> MiniCluster:
        self._scratch = Path(tempfile.mkdtemp(prefix="penstock-"))
        self.log_dir = new_log_dir("shared")
        gateway.prepare(self._names, self.log_dir)
        self._cluster, address = _start()
        host, port = address.rsplit(":", 1)
        self._target = {"execution.target": "remote", "rest.address": host.split("//")[-1], "rest.port": port}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.close()
        gateway.quiet_exit()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def run(
        self, pipeline: Pipeline, timeout: float = 60, options: dict[str, str] | None = None, renumbered: bool = False
    ) -> Collected:
        """Run a job to its end and return the lines of its console sink. With `renumbered` the job runs from a compiled plan with stable
        operator uids, like a submitted job. Raises RunError with the cause of a failure, or after the timeout."""
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        with Pipe(folder / "rows") as pipe, failures(self.log_dir):
            job = self._start_job(pipeline, pipe.path, options, renumbered)
            result = job.get_job_execution_result()
            lines: list[bytes] = []
            until = time.monotonic() + timeout
            while True:
                done = result.done()
                new = pipe.lines(0 if done else 0.01)
                lines += new
                if done and not new:
                    result.result()
                    return Collected(lines)
                if time.monotonic() > until:
                    job.cancel().result()
                    head = f"{pipeline.name}: not finished after {timeout:g} s"
                    raise RunError(head, details=[f"  log  {self.log_dir}"])

    @contextlib.contextmanager
    def started(self, pipeline: Pipeline) -> Iterator[Any]:
        """Start an unbounded job and yield PyFlink's job client. The job is cancelled at the end of the block."""
        job = self._start_job(pipeline, Path("/dev/null"), None, True)
        try:
            yield job
        finally:
            job.cancel().result()

    def _start_job(self, pipeline: Pipeline, out: Path, options: dict[str, str] | None, renumbered: bool) -> Any:
        own = {**pipeline.configuration(), "restart-strategy.type": "none", **(options or {})}
        every = {**own, **self._target, "penstock.console.to": str(out)}

        def new_environment() -> TableEnvironment:
            return gateway.environment(every, bool(pipeline.user_functions()))

        start = prepare(new_environment, pipeline)[1] if renumbered else pipeline.compose(new_environment()).execute
        return start().get_job_client()


def _start() -> tuple[Any, str]:
    from pyflink.java_gateway import get_gateway

    jvm_view = get_gateway().jvm
    options = jvm_view.org.apache.flink.configuration.Configuration()
    for key, value in {
        **gateway.LOOPBACK,
        "taskmanager.memory.managed.size": "256m",
        "taskmanager.memory.network.max": "128m",
        "taskmanager.numberOfTaskSlots": str(_SLOTS),
    }.items():
        options.setString(key, value)
    builder = getattr(jvm_view.org.apache.flink.runtime.minicluster, "MiniClusterConfiguration$Builder")()
    cluster = jvm_view.org.apache.flink.runtime.minicluster.MiniCluster(
        builder.setConfiguration(options).setNumTaskManagers(1).setNumSlotsPerTaskManager(_SLOTS).build()
    )
    cluster.start()
    return cluster, cluster.getRestAddress().get().toString()
