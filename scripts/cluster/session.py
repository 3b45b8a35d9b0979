"""What deployments need to know about a session cluster."""

from __future__ import annotations

from typing import Protocol


class SessionCluster(Protocol):
    """A running Flink cluster that several jobs share; the session target implements it."""

    @property
    def address(self) -> str:
        """Its REST address."""

    @property
    def start(self) -> str:
        """The command that starts it."""

    @property
    def savepoints(self) -> str | None:
        """The folder for savepoints; None for the cluster's own."""

    @property
    def same_network(self) -> bool:
        """Whether a job's brokers have the same addresses here as on the cluster."""

    @property
    def same_machine(self) -> bool:
        """Whether its jobs run on this machine."""

    def worker_python(self) -> str:
        """The Python that runs functions on the TaskManagers."""

    def python_options(self) -> dict[str, str]:
        """Flink's options for Python workers."""


class Place(Protocol):
    """A named target."""

    @property
    def name(self) -> str:
        """The name of the target in the ledger."""

    def session(self) -> SessionCluster:
        """The session cluster of the target. Raises RunError, which names the tool to use instead, when it has none."""
