"""Other ways to do the scenarios of `scripts/bench` in Python, each with its pinned packages.

Each module is a process of its own: `python -m benchmarks.peers.NAME SCENARIO BROKER TOPIC OUT COLUMNS`. It reads a topic to its end and
writes to another one, as the documentation of its packages recommends for speed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.candidate import Candidate, Place, Row
from benchmarks.scenarios import Scenario

_ROOT = Path(__file__).parents[2]
_PACKAGES = _ROOT / "build" / "bench"
"""A folder for the packages of each peer: they need not fit together, nor with those of Penstock."""

_STATELESS = ("filter", "score", "wide")


def _run(module: str, scenario: Scenario, place: Place) -> None:
    words = [scenario.name, place.broker, place.topic, place.out, ",".join(scenario.read)]
    command = [sys.executable, "-S", "-m", f"benchmarks.peers.{module}", *words]
    environ = {**os.environ, "PYTHONPATH": str(_PACKAGES / module)}
    subprocess.run(command, check=True, env=environ, cwd=_ROOT, stdout=subprocess.DEVNULL, timeout=600)


def _peer(module: str, title: str, packages: tuple[str, ...], scenarios: tuple[str, ...], **more: Any) -> Candidate:
    return Candidate(title, partial(_run, module), scenarios, packages=packages, **more)


def _plain_of_pathway(row: Row) -> Row:
    """Pathway has no column with the name `id`, and adds its own time, and -1 as `diff` to a row that it takes back."""
    names = {"number": "id"}
    taken_back = {} if row["diff"] == 1 else {"diff": row["diff"]}
    return {names.get(name, name): value for name, value in row.items() if name not in ("time", "diff")} | taken_back


PEERS = {
    "loop": _peer(
        "loop", "`confluent-kafka` and `orjson` in a loop", ("confluent-kafka==2.16.1", "orjson==3.13.0"), _STATELESS,
        why_not="needs state that survives a failure",
    ),
    "bytewax": _peer(
        "bytewax", "Bytewax", ("bytewax[kafka]==0.21.1", "confluent-kafka==2.16.1", "orjson==3.13.0"),
        (*_STATELESS, "window", "dedup"), share=5,
    ),
    "quix": _peer(
        "quix", "Quix Streams", ("quixstreams==3.28.1",), (*_STATELESS, "window", "dedup"), share=10, leaves_open=True
    ),
    "pathway": _peer("pathway", "Pathway", ("pathway==0.33.0",), (*_STATELESS, "window"), plain=_plain_of_pathway),
}  # fmt: skip
"""Name of the module to candidate."""


def install(name: str) -> None:
    """Install the packages of a peer, if they are not there yet. Raises SystemExit if pip fails."""
    folder = _PACKAGES / name
    if folder.is_dir():
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), *PEERS[name].packages]
    done = subprocess.run(pip, check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode:  # otherwise it warns that the packages do not fit those of Penstock, which they need not
        raise SystemExit(f"pip could not install {', '.join(PEERS[name].packages)}:\n{done.stderr}")
