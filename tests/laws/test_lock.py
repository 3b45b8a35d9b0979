"""The lock names every package as the other packages require it, so that every version of pip accepts it."""

from __future__ import annotations

import re
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def test_the_lock_names_the_extras_that_packages_require() -> None:
    """Without the extra, pip 23 prefers a later release to the locked one, which has no hash in the lock, and stops."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked: dict[str, set[str]] = {}
    for name, extras in re.findall(r"^([\w.-]+)(?:\[([\w,]+)\])?==", lock, flags=re.M):
        locked.setdefault(canonicalize_name(name), set()).update(extras.split(",") if extras else ())
    required = [Requirement(text) for text in requires("penstock") or ()]
    for name, extras in locked.items():
        try:
            texts = distribution(name).requires or ()
        except ModuleNotFoundError:  # a package for another Python or another platform
            continue
        chosen = [{"extra": extra} for extra in ("", *extras)]
        required += [r for r in map(Requirement, texts) if not r.marker or any(map(r.marker.evaluate, chosen))]
    asked = {(canonicalize_name(r.name), extra) for r in required for extra in r.extras}
    assert ("coverage", "toml") in asked
    assert [(name, extra) for name, extra in asked if extra not in locked[name]] == []
