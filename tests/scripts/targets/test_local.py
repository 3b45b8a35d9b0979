from __future__ import annotations

from typing import Any

import pytest
from packages import package

from penstock.connectors.config.problems import RunError
from penstock.scripts.targets.local import LocalTarget
from penstock.scripts.targets.target import Submission


def test_a_package_is_not_run_on_this_machine() -> None:
    never: Any = None
    with pytest.raises(RunError) as caught:
        LocalTarget().submit(package(), Submission(), never)
    assert str(caught.value) == (
        "small: a package cannot run on this machine\n  do       run its job file with penstock run"
    )


def test_a_job_that_ends_with_its_command_cannot_be_operated() -> None:
    with pytest.raises(RunError) as caught:
        LocalTarget().session("local")
    assert str(caught.value) == (
        "the target local has no REST address through which Penstock can operate its jobs\n"
        "  allowed  a session or docker target\n"
        "  do       run the job again: it ends with its command"
    )
