"""YARN: each job has a Flink cluster of its own (application mode)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from penstock.scripts.targets.target import Submission, Submitted, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package

_SLOWEST_START = 180.0


class YarnTarget(Target):
    """One YARN application for each job. The client reads YARN's address from `HADOOP_CONF_DIR`, and Hadoop's classes from
    `HADOOP_CLASSPATH` (by default the output of `hadoop classpath`). Flink, code, jars and models are uploaded with the job."""

    same_network: ClassVar[bool] = False
    instead: ClassVar[str] = (
        "yarn application -list and -kill; or a session target with the application's tracking address, for status and stop"
    )

    python: str = Field(min_length=1, max_length=4096)
    """The Python of the nodes, with PyFlink installed: a path that exists on each node, or one within `python_archive`, such as
    `env.zip/bin/python`."""

    python_archive: str | None = Field(default=None, min_length=1, max_length=4096)
    """The path of a packed Python environment (.zip or .tar.gz) on this machine, which is sent with the job. Default: none is sent."""

    state: str | None = Field(default=None, min_length=1, max_length=4096)
    """The folder for checkpoints and savepoints, such as `hdfs:///flink`. Default: the folders in Flink's configuration."""

    queue: str | None = Field(default=None, pattern=r"^[\w.-]{1,200}$")
    """The YARN queue of the application. Default: YARN's own default queue."""

    slots: int = Field(default=2, ge=1, le=64)
    """The number of slots of each TaskManager. A slot runs one subtask of each operator."""

    jobmanager_memory: str = Field(default="1600m", pattern=r"^\d+[mg]$")
    """The total memory of the JobManager process, in Flink's notation (`m` or `g`)."""

    taskmanager_memory: str = Field(default="2048m", pattern=r"^\d+[mg]$")
    """The total memory of each TaskManager process, in Flink's notation (`m` or `g`)."""

    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        from penstock.scripts.targets import yarn_client

        started = yarn_client.submit(self, package, max(wanted.timeout, _SLOWEST_START))
        text = f"{started.name} runs on YARN as {started.id}; its REST address is {started.address}"
        data = {"name": started.name, "job_id": started.id, "state": "RUNNING", "address": started.address}
        return Submitted(text, data)

    def options(self, name: str) -> dict[str, str]:
        """Flink's options for an application of this name."""
        options = {
            "yarn.application.name": name,
            "taskmanager.numberOfTaskSlots": str(self.slots),
            "jobmanager.memory.process.size": self.jobmanager_memory,
            "taskmanager.memory.process.size": self.taskmanager_memory,
            "restart-strategy.type": "exponential-delay",
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "web.submit.enable": "false",
            "web.timeout": "10 s",
            "metrics.fetcher.update-interval": "1000",
        }
        if self.state:
            options["execution.checkpointing.dir"] = f"{self.state.rstrip('/')}/{name}/checkpoints"
            options["execution.checkpointing.savepoint-dir"] = f"{self.state.rstrip('/')}/{name}/savepoints"
        if self.queue:
            options["yarn.application.queue"] = self.queue
        return options
