"""The faults, one function for each, and the phases in which they happen."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults import watch

if TYPE_CHECKING:
    from tests.faults.site import Site

KINDS = (
    "taskmanager",
    "jobmanager",
    "broker",
    "server",
    "worker",
    "pause",
    "network",
    "disk",
    "corrupt",
    "upgrade",
    "cli",
    "stop",
)
KILLS = ("taskmanager", "jobmanager", "broker", "server", "worker")
PHASES = ("any", "snapshot", "commit", "restore")
_PAUSE, _BROKER_DOWN, _CUT, _FULL = 8.0, 3.0, 5.0, 6.0


@dataclass(frozen=True)
class Strike:
    """One fault: its kind, the phase in which it happens, and the seconds to wait before."""

    kind: str
    phase: str
    wait: float

    def __str__(self) -> str:
        return f"{self.kind}@{self.phase}+{self.wait:.1f}"

    @classmethod
    def parse(cls, text: str) -> Strike:
        """A strike from its text, the inverse of `str`."""
        kind, _, rest = text.partition("@")
        phase, _, wait = rest.partition("+")
        if kind not in KINDS or (phase or "any") not in PHASES:
            raise ValueError(f"{text!r}: a strike is {'|'.join(KINDS)}@{'|'.join(PHASES)}+SECONDS")
        return cls(kind, phase or "any", float(wait or 0))


def plan(seed: int, counts: dict[str, int]) -> list[Strike]:
    """This many strikes of each kind, shuffled, each with a phase and a pause."""
    dice = random.Random(seed)
    kinds = [kind for kind in KINDS for _ in range(counts.get(kind, 0))]
    dice.shuffle(kinds)
    return [Strike(kind, dice.choice(PHASES), round(dice.uniform(0, 1.5), 1)) for kind in kinds]


def strike(site: Site, one: Strike, dice: random.Random) -> tuple[float, float]:
    """Carry out a strike; the time of the kill (or of the end of another fault), and the time after which a checkpoint proves recovery."""
    time.sleep(one.wait)
    if one.phase == "restore" and one.kind not in ("upgrade", "cli", "stop"):
        site.kill(site.working_taskmanager(dice))
        site.await_restoring()
        site.relaunch()
    elif one.phase in ("snapshot", "commit"):
        site.await_checkpoint("_metadata" if one.phase == "commit" else "")
    began = time.time()
    _DO[one.kind](site, dice)
    if one.kind == "worker":
        site.await_restoring()  # until Flink misses it checkpoints may complete that had nothing for it to do
        return began, time.time()
    return (began, began) if one.kind in KILLS else (time.time(), time.time())


def _taskmanager(site: Site, dice: random.Random) -> None:
    site.kill(site.working_taskmanager(dice))
    site.relaunch()


def _jobmanager(site: Site, dice: random.Random) -> None:
    site.kill(site.leader())
    time.sleep(1)
    site.relaunch()


def _broker(site: Site, dice: random.Random) -> None:
    port = site.broker.service.port or 0
    site.broker.service.kill()
    time.sleep(_BROKER_DOWN)
    site.broker.restart(port)


def _server(site: Site, dice: random.Random) -> None:
    assert site.server, "only a database or an endpoint has a server to kill"
    site.server.kill()
    time.sleep(_BROKER_DOWN)
    site.server.start(site.server_proxy.target)


def _worker(site: Site, dice: random.Random) -> None:
    until = time.monotonic() + 30
    while not (workers := site.workers()):
        assert time.monotonic() < until, "no Python worker runs: this job has none to kill"
        time.sleep(0.05)
    dice.choice(workers).kill()


def _pause(site: Site, dice: random.Random) -> None:
    process = site.process(site.working_taskmanager(dice))
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(_PAUSE)
    os.kill(process.pid, signal.SIGCONT)


def _network(site: Site, dice: random.Random) -> None:
    (site.server_proxy if site.server else site.proxy).cut(_CUT)


def _disk(site: Site, dice: random.Random) -> None:
    site.disk.fill()
    time.sleep(_FULL)
    site.disk.free()


def _corrupt(site: Site, dice: random.Random) -> None:
    """Damage the newest checkpoint's file and force the job to restore: Flink has what it needs in memory."""
    watch.damage(site.cluster.folder / "checkpoints", dice)
    _taskmanager(site, dice)


def _upgrade(site: Site, dice: random.Random) -> None:
    site.upgrade()


def _stop(site: Site, dice: random.Random) -> None:
    """Stop with a savepoint, and resume from it."""
    for command in ("stop", "resume"):
        done = site.penstock(command, "faults")
        assert done.returncode == 0, f"{command} failed: {done.stderr}"


def _cli(site: Site, dice: random.Random) -> None:
    """Kill the command of an upgrade before it ends; the next command must reconcile it."""
    running = site.upgrading()
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(timeout=dice.uniform(0.5, 9))
    running.kill()
    running.wait()
    site.reconcile()


_DO: dict[str, Callable[[Site, random.Random], None]] = {
    "taskmanager": _taskmanager,
    "jobmanager": _jobmanager,
    "broker": _broker,
    "server": _server,
    "worker": _worker,
    "pause": _pause,
    "network": _network,
    "disk": _disk,
    "corrupt": _corrupt,
    "upgrade": _upgrade,
    "cli": _cli,
    "stop": _stop,
}
