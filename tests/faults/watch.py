"""Observe a cluster during faults."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path
from typing import Any

from penstock.connectors.config.problems import RunError
from penstock.scripts.flink.client import Flink


def await_checkpoint(root: Path, file: str) -> None:
    """Wait until the next checkpoint in this folder begins to be written, or (`_metadata`) is complete and about to be committed; at most
    15 s."""
    have, until = set(root.glob("*/chk-*")), time.monotonic() + 15
    while time.monotonic() < until:
        if any((path / file).exists() for path in root.glob("*/chk-*") if path not in have):
            return
        time.sleep(0.002)


def damage(root: Path, dice: random.Random) -> None:
    """Change a byte of the newest complete checkpoint in this folder."""
    newest = max(root.glob("*/chk-*/_metadata"), key=lambda file: file.stat().st_mtime)
    content = bytearray(newest.read_bytes())
    content[dice.randrange(len(content))] ^= 0xFF
    newest.write_bytes(content)


def busy(flink: Flink) -> set[str]:
    """The names (such as `taskmanager-1`) of the TaskManagers that run tasks."""
    found = flink.rest.get("/taskmanagers")["taskmanagers"]
    return {"-".join(tm["id"].split("-")[:2]) for tm in found if tm["freeSlots"] < tm["slotsNumber"]}


def checkpoint_since(flink: Flink, name: str, since: float) -> dict[str, Any] | None:
    """The last completed checkpoint of the running job of this name if it began after `since`; None if not, or if that is unknown."""
    with contextlib.suppress(RunError, KeyError, IndexError):
        job = flink.live(name)
        last: dict[str, Any] | None = flink.checkpoints(job.id)["latest"].get("completed") if job else None
        return last if last and last["trigger_timestamp"] / 1000 > since else None
    return None
