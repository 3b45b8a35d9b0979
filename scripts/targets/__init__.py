"""The registry of targets, by their names in target files."""

from __future__ import annotations

from penstock.scripts.targets.docker import DockerTarget
from penstock.scripts.targets.kubernetes import KubernetesTarget
from penstock.scripts.targets.local import LocalTarget
from penstock.scripts.targets.session import SessionTarget
from penstock.scripts.targets.target import Target
from penstock.scripts.targets.yarn import YarnTarget

TARGETS: dict[str, type[Target]] = {
    "docker": DockerTarget,
    "kubernetes": KubernetesTarget,
    "local": LocalTarget,
    "session": SessionTarget,
    "yarn": YarnTarget,
}
