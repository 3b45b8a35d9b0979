"""Load a target by its name or its file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from penstock.connectors.config.model import Config, OneOf
from penstock.connectors.config.problems import ConfigError, nearest
from penstock.scripts.config.load import validated
from penstock.scripts.config.tree import Tree, read
from penstock.scripts.config.variables import substitute
from penstock.scripts.stack.addresses import STACK, Variables
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.targets import TARGETS
from penstock.scripts.targets.session import SessionTarget
from penstock.scripts.targets.target import Target

SHIPPED = Path(__file__).parent / "shipped"  # conf/targets, which an installed package has no other way to find
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

    def session(self) -> SessionTarget:
        """The session cluster of the target. Raises RunError, which names the tool to use instead, if it is another kind of target."""
        return self.target.session(self.name)


def load_target(wanted: str) -> Named:
    """The target of a name (`conf/targets/NAME.yaml`) or of a file. Raises ConfigError.

    `${FLINK}` in a session target's file stands for the running stack of this folder unless the environment sets it. Any other target
    with the stack's address is an error, because its jobs would silently run elsewhere than its name says.
    """
    file = _file(wanted)
    tree = read(file)
    kind = _kind(tree)
    takes_stack = bool(kind and kind.takes_stack)
    substitute(tree, Variables() if takes_stack else os.environ)
    target = validated(tree, TargetFile).target
    address = (tree.value["target"][_name(tree)] or {}).get("address")
    if address and not takes_stack and address == FlinkCluster(STACK).address:
        raise ConfigError(
            f"{file}: target.{_name(tree)}.address",
            found=f"{address}, which is the stack of this folder ({STACK})",
            allowed="the address that the target itself publishes",
            do="correct the address, or use --target session for the stack",
        )
    return Named(file.stem, target)


def _name(tree: Tree) -> Any:
    """The kind of target that a file names; None if it names none, which validation reports later."""
    target = tree.value.get("target") if isinstance(tree.value, dict) else None
    return next(iter(target), None) if isinstance(target, dict) else None


def _kind(tree: Tree) -> type[Target] | None:
    return TARGETS.get(_name(tree))


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
