"""A mini-cluster in this process: what `penstock run` starts."""

from __future__ import annotations

from scripts.targets.target import Target


class LocalTarget(Target):
    """A mini-cluster on this machine: `penstock submit --target local` is `penstock run`, in the foreground. It ends with the
    command, so there is nothing to look after."""
