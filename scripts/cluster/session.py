"""What a deployment needs to know of the cluster that it looks after."""

from __future__ import annotations

from typing import Protocol


class SessionCluster(Protocol):
    """A running Flink that several jobs share. The session target is one."""

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
        """Whether a job's brokers are reached from here as they are from there."""

    @property
    def same_machine(self) -> bool:
        """Whether its jobs run on this machine."""

    def worker_python(self) -> str:
        """The Python that runs functions on the TaskManagers."""

    def python_options(self) -> dict[str, str]:
        """Flink's options for Python workers."""


class Place(Protocol):
    """A target by its name."""

    @property
    def name(self) -> str:
        """The name by which the ledger knows it."""

    def session(self) -> SessionCluster:
        """The session cluster there. Raises RunError that names the tool to use instead."""
