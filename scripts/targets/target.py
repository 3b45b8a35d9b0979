"""What a target is: a frozen model of where jobs run. Where a job runs is no part of the job."""

from __future__ import annotations

from typing import ClassVar

from connectors.config import Config


class Target(Config):
    """Where jobs run."""

    rest: ClassVar[bool] = False
    """Whether jobs are submitted to and looked after through a REST address that is there before the job."""
