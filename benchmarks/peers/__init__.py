"""Other ways to do the scenarios of `scripts/bench` in Python, each with its pinned packages.

Each module is a process of its own: `python -m benchmarks.peers.NAME SCENARIO BROKER TOPIC OUT COLUMNS`. It reads a topic to its end and
writes to another one, as the documentation of its packages recommends for speed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGES = _ROOT / "build" / "bench"
"""A folder for the packages of each peer: they need not fit together, nor with those of Penstock."""

_STATELESS = ("filter", "score", "wide")


@dataclass(frozen=True)
class Peer:
    """A module of this package."""

    title: str

    packages: tuple[str, ...]
    """What pip installs."""

    scenarios: tuple[str, ...]
    """The scenarios that it does."""

    why_not: str
    """Why it does no other scenario."""

    leaves_open: bool = False
    """Whether the last windows stay open at the end of the topic."""

    share: int = 1
    """It reads one of so many records, because it would take too long for all."""


PEERS = {
    "loop": Peer(
        "`confluent-kafka` and `orjson` in a loop", ("confluent-kafka==2.16.1", "orjson==3.13.0"), _STATELESS,
        "needs state that survives a failure",
    ),
    "bytewax": Peer(
        "Bytewax", ("bytewax[kafka]==0.21.1", "confluent-kafka==2.16.1", "orjson==3.13.0"), (*_STATELESS, "window", "dedup"),
        "not a part of this benchmark", share=5,
    ),
    "quix": Peer(
        "Quix Streams", ("quixstreams==3.28.1",), (*_STATELESS, "window", "dedup"), "not a part of this benchmark",
        leaves_open=True, share=10,
    ),
    "pathway": Peer("Pathway", ("pathway==0.33.0",), (*_STATELESS, "window"), "not a part of this benchmark"),
}  # fmt: skip
"""Name of the module to what it is."""


def install(name: str) -> None:
    """Install the packages of a peer, if they are not there yet."""
    folder = _PACKAGES / name
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), *PEERS[name].packages]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)


def run(name: str, scenario: str, broker: str, topic: str, out: str, columns: list[str]) -> None:
    """Process a topic to its end. Raises CalledProcessError, or TimeoutExpired after ten minutes."""
    command = [sys.executable, "-S", "-m", f"benchmarks.peers.{name}", scenario, broker, topic, out, ",".join(columns)]
    environ = {**os.environ, "PYTHONPATH": str(_PACKAGES / name)}
    subprocess.run(command, check=True, env=environ, cwd=_ROOT, stdout=subprocess.DEVNULL, timeout=600)
