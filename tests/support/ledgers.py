"""Ledgers that earlier code has written."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli import ROOT

from penstock.scripts.cluster.ledger import Ledger

DATA = ROOT / "tests/scripts/cluster/data"


def old_ledger(folder: Path) -> Ledger:
    """A copy of the ledger that code without schema versions wrote: a job in each state, an operation broken off at each step."""
    shutil.copy(DATA / "ledger_v0.sqlite", folder / "ledger.sqlite")
    return Ledger(folder)
