"""What a target is: a frozen model of where jobs run. Where a job runs is no part of the job."""

from __future__ import annotations

from typing import ClassVar

from connectors.base.config import Config


class Target(Config):
    """Where jobs run."""

    takes_stack: ClassVar[bool] = False
    """Whether `${FLINK}` in its file may be the running stack of this folder."""

    start: ClassVar[str] = ""
    """The command that starts what it needs."""

    same_network: ClassVar[bool] = True
    """Whether a job's brokers and files are reached from here as they are from there: then they are looked at before."""

    @property
    def same_machine(self) -> bool:
        """Whether the job runs on this machine: then its secrets must be here."""
        return False
