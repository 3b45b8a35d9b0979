"""A target by its name or its file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from connectors.config import Config, OneOf
from connectors.problems import ConfigError, nearest
from scripts.config.load import validated
from scripts.config.tree import read
from scripts.config.variables import substitute
from scripts.stack.flink import FlinkCluster
from scripts.targets import TARGETS
from scripts.targets.target import Target

SHIPPED = Path(__file__).parents[2] / "conf" / "targets"
FOLDERS = (Path("conf/targets"), SHIPPED)


class TargetFile(Config):
    """A target file."""

    target: Annotated[Target, OneOf("target", TARGETS)]
    """Where jobs run."""


@dataclass(frozen=True)
class Named:
    """A target and the name that the ledger knows it by."""

    name: str
    target: Target


def load_target(wanted: str) -> Named:
    """The target of a name (`conf/targets/NAME.yaml`) or of a file. Raises ConfigError.

    `${FLINK}` is the stack of this folder when the environment does not say it.
    """
    file = _file(wanted)
    tree = read(file)
    here = FlinkCluster(Path(".penstock/stack")).address
    substitute(tree, {**({"FLINK": here} if here else {}), **os.environ})
    return Named(file.stem, validated(tree, TargetFile).target)


def _file(wanted: str) -> Path:
    if wanted.endswith((".yaml", ".yml")):
        return Path(wanted)
    for folder in FOLDERS:
        if (folder / f"{wanted}.yaml").is_file():
            return folder / f"{wanted}.yaml"
    there = sorted({file.stem for folder in FOLDERS for file in folder.glob("*.yaml")})
    raise ConfigError(
        f'no target "{wanted}"',
        allowed=f"{', '.join(there)}, or a file",
        do=nearest(wanted, there) or f"write conf/targets/{wanted}.yaml",
    )
