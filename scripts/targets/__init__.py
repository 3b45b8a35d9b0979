"""The targets, by the name that a target file gives."""

from __future__ import annotations

from scripts.targets.session import SessionTarget
from scripts.targets.target import Target

TARGETS: dict[str, type[Target]] = {
    "session": SessionTarget,
}
