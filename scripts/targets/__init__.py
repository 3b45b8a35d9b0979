"""The targets, by the name that a target file gives."""

from __future__ import annotations

from scripts.targets.docker import DockerTarget
from scripts.targets.kubernetes import KubernetesTarget
from scripts.targets.local import LocalTarget
from scripts.targets.session import SessionTarget
from scripts.targets.target import Target
from scripts.targets.yarn import YarnTarget

TARGETS: dict[str, type[Target]] = {
    "docker": DockerTarget,
    "kubernetes": KubernetesTarget,
    "local": LocalTarget,
    "session": SessionTarget,
    "yarn": YarnTarget,
}
