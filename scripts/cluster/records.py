"""What the ledger holds: the states of a deployment, the steps of an operation, and the data of each, as typed records.

The values of the enums and the keys of the steps' data are written into the ledger: to change one needs a migration in `ledger.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from penstock.jobs.pipeline.operator_uids import Operator


class State(Enum):
    """The state of a deployment: its last known one, which may be behind the cluster's."""

    SUBMITTING = "submitting"
    """Written before the submission: it may or may not have reached the cluster."""

    RUNNING = "running"
    STOPPED = "stopped"
    """It ended, and a savepoint or checkpoint may exist to resume from."""

    ENDED = "ended"
    """It read its sources to their end."""

    LOST = "lost"
    """It ran, the cluster no longer knows it, and no checkpoint was found."""

    FAILED = "failed"
    """It never ran, or an upgrade rolled it back."""

    @property
    def ran(self) -> bool:
        """Whether a deployment in this state ran at all."""
        return self not in (State.FAILED, State.SUBMITTING)


class Action(Enum):
    """The command behind a deployment or an operation."""

    SUBMIT = "submit"
    RESUME = "resume"
    STOP = "stop"
    UPGRADE = "upgrade"
    ROLLBACK = "rollback"


class Step(Enum):
    """The step of an operation that was begun last."""

    STOPPING = "stopping"
    CANCELLING = "cancelling"
    SUBMITTING = "submitting"


@dataclass(frozen=True)
class Stopping:
    """A job is being stopped with a savepoint; `trigger` is the id of the request."""

    step: ClassVar[Step] = Step.STOPPING
    job_id: str
    trigger: str


@dataclass(frozen=True)
class Cancelling:
    """A job is being ended without a savepoint."""

    step: ClassVar[Step] = Step.CANCELLING
    job_id: str


@dataclass(frozen=True)
class Replaced:
    """The deployment that an upgrade replaces. `compatible`: it can also read the state that the new version writes."""

    deployment: int
    compatible: bool


@dataclass(frozen=True)
class Submitting:
    """A deployment is being submitted under a job id that was chosen before; `replaced` in an upgrade only."""

    step: ClassVar[Step] = Step.SUBMITTING
    job_id: str
    deployment: int
    replaced: Replaced | None = None


AnyStep = Stopping | Cancelling | Submitting


@dataclass(frozen=True)
class Operation:
    """A command that was begun and has not ended: its last step holds what the next command needs to reconcile it."""

    action: Action
    step: AnyStep
    at: str
    by: str


@dataclass(frozen=True)
class Versions:
    """What a job was packed with; `jars` maps each connector jar to its sha256."""

    penstock: str
    flink: str
    python: str
    jars: Mapping[str, str]


@dataclass(frozen=True)
class Version:
    """A version of a job that is about to be submitted, and the job id that was chosen for it."""

    name: str
    config_hash: str
    code_hash: str
    versions: Versions
    operators: tuple[Operator, ...]
    package: str
    job_id: str
    from_savepoint: str | None


@dataclass(frozen=True)
class Deployment:
    """A version of a job as it was submitted: a row of the ledger."""

    id: int
    name: str
    target: str
    action: Action
    state: State
    at: str
    by: str
    config_hash: str
    code_hash: str
    versions: Versions
    operators: tuple[Operator, ...]
    package: str
    job_id: str
    from_savepoint: str | None
    savepoint: str | None
    note: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as `penstock history --output json` prints it."""
        return asdict(self) | {"action": self.action.value, "state": self.state.value}


def encode(step: AnyStep) -> str:
    """A step's data as JSON, for the ledger."""
    data: dict[str, str | int | bool]
    match step:
        case Stopping():
            data = {"job_id": step.job_id, "trigger": step.trigger}
        case Cancelling():
            data = {"job_id": step.job_id}
        case Submitting():
            data = {"deploy": step.deployment, "job_id": step.job_id}
            if step.replaced:
                data |= {"from": step.replaced.deployment, "compatible": step.replaced.compatible}
        case _:
            assert_never(step)
    return json.dumps(data)


def decode(name: str, text: str) -> AnyStep:
    """A step by its name and its data in the ledger. Raises ValueError or KeyError."""
    data, step = json.loads(text), Step(name)
    match step:
        case Step.STOPPING:
            return Stopping(data["job_id"], data["trigger"])
        case Step.CANCELLING:
            return Cancelling(data["job_id"])
        case Step.SUBMITTING:
            replaced = Replaced(data["from"], bool(data.get("compatible"))) if "from" in data else None
            return Submitting(data["job_id"], data["deploy"], replaced)
        case _:
            return assert_never(step)


def deployment(row: Mapping[str, Any]) -> Deployment:
    """A deployment from its row in the ledger. Raises ValueError or KeyError."""
    return Deployment(
        **{
            **row,
            "action": Action(row["action"]),
            "state": State(row["state"]),
            "versions": _versions(json.loads(row["versions"])),
            "operators": operators(json.loads(row["operators"])),
        }
    )


def operators(found: Sequence[Mapping[str, Any]]) -> tuple[Operator, ...]:
    """Operators from plain data, as `Operator.as_dict` makes it."""
    from penstock.jobs.pipeline.operator_uids import (
        Operator,  # every job comes with it, which completion does not wait for
    )

    return tuple(Operator(one["uid"], one["kind"], one["means"]) for one in found)


def _versions(found: Mapping[str, Any]) -> Versions:
    return Versions(found["penstock"], found["flink"], found["python"], found["jars"])


def assert_never(value: NoReturn) -> NoReturn:
    """Unreachable: mypy reports a `match` that comes here because it leaves a case out. (`typing` has it from Python 3.11 on.)"""
    raise AssertionError(f"a case is left out: {value!r}")
