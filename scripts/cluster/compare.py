"""Compare two versions of a job: keys of the job file, operators by uid, jars and versions; and find what would make old state wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from penstock.connectors.config.texts import shortened
from penstock.jobs.pipeline.operator_uids import Operator
from penstock.scripts.cluster.changes import changed
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.records import Deployment, Versions
from penstock.scripts.cluster.state_words import in_words, losses, lost_state, verdict
from penstock.scripts.config.scrub import scrub

_POSITION = {"kafka": "topic", "files": "path"}


@dataclass(frozen=True)
class Comparison:
    """`config` and `versions` map each changed key to its old and new value. `kept`, `added` and `lost` describe operators.

    `dropped` says which state an upgrade would lose, which `--drop-state` allows. `wrong` says what would continue with state that
    no longer matches; nothing allows that.
    """

    config: dict[str, tuple[Any, Any]]
    versions: dict[str, tuple[Any, Any]]
    kept: list[str]
    added: list[str]
    lost: list[str]
    dropped: list[str]
    wrong: list[str]
    other_backend: bool = False
    """Whether the state is kept in another state backend. A savepoint has one form for all backends, a checkpoint has not."""

    @property
    def checkpoints_fit(self) -> bool:
        """Whether the old version can read the checkpoints of the new one."""
        return not (self.added or self.lost or self.other_backend)

    @property
    def same(self) -> bool:
        """Whether nothing changes."""
        return not (self.config or self.versions or self.added or self.lost)

    @property
    def exit_code(self) -> int:
        """0 the same, 3 changes, 4 unsafe."""
        return 4 if self.dropped or self.wrong else 0 if self.same else 3

    def text(self, command: str = "penstock upgrade JOB", done: str = "") -> str:
        """For a person: what changes, what becomes of the state, and what to do. `command` is what starts the upgrade; `done`
        says what was done, such as `upgraded`."""
        both = [*self.config.items(), *self.versions.items()]
        lines = [line for key, (old, new) in both for line in changed(key, old, new)]
        lines += [f"    state kept: {in_words(one)}" for one in self.kept]
        lines += [f"  + new, starts empty: {in_words(one)}" for one in self.added]
        lines += [f"  ! {reason}" for reason in self.wrong]
        lines += [f"  ! lost: {loss}" for loss in losses(self.lost, self.added)]
        return "\n".join([*lines, *verdict(bool(self.wrong), bool(self.dropped), self.same, done, command)])

    def as_dict(self) -> dict[str, Any]:
        """Plain data: `result` is same, changes or unsafe."""
        return {"result": {0: "same", 3: "changes", 4: "unsafe"}[self.exit_code], **self.__dict__}


def compare(
    old: Deployment, old_config: Mapping[str, Any], package: Package, operators: Sequence[Operator]
) -> Comparison:
    """What changes from a deployment to a package whose plan keeps state in these operators."""
    before = dict.fromkeys((one.uid, one.means) for one in old.operators)
    after = dict.fromkeys((one.uid, one.means) for one in operators)
    lost = [means for uid, means in before if (uid, means) not in after]
    added = [means for uid, means in after if (uid, means) not in before]
    new_config = package.config()
    pairs = {
        field.name: (getattr(old.versions, field.name), getattr(package.versions, field.name))
        for field in fields(Versions)
    }
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if old.code_hash != package.code_hash:
        changed["code"] = (old.code_hash[:12], package.code_hash[:12])
    return Comparison(
        config=_differences(scrub(dict(old_config), ()), scrub(new_config, ())),
        versions=changed,
        kept=[means for uid, means in after if (uid, means) in before],
        added=added,
        lost=lost,
        dropped=_dropped(lost, added),
        wrong=_wrong(old_config, new_config),
        other_backend=_backend(old_config) != _backend(new_config),
    )


def _backend(config: Mapping[str, Any]) -> str | None:
    """The state backend in a job file; None for the one that the cluster's configuration names."""
    flink = config.get("flink") or {}
    named = (flink.get("state") or {}).get("backend") or (flink.get("options") or {}).get("state.backend.type")
    return str(named) if named else None


def _dropped(lost: Sequence[str], added: Sequence[str]) -> list[str]:
    """What would be lost, with the operators in Flink's words: for a program. `losses` says the same to a person."""
    found = []
    for means, replaced in lost_state(lost, added):
        why = "its key, window, aggregate or columns changed" if replaced else "no operator of the new version has it"
        found.append(f"the state of {_short(means)} would be dropped: {why}")
    return found


def _wrong(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Sources whose state holds a position in the old topic or folder: Flink would continue to read there."""
    found = []
    before, after = dict(_sources(old)), dict(_sources(new))
    for name, source in before.items():
        kind = next(iter(source))
        field = _POSITION.get(kind)
        if not field or name not in after or kind not in after[name]:
            continue
        gone = set(_many(source[kind][field])) - set(_many(after[name][kind][field]))
        if gone:
            text = f"{name} no longer names {', '.join(sorted(gone))}, whose position is in the state: Flink would continue to read it"
            found.append(f"{text}; submit the job under another name instead")
    return found


def _sources(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if config.get("source"):
        yield "source", config["source"]
    for name, source in (config.get("sources") or {}).items():
        yield f"sources.{name}", source


def _many(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _differences(old: Any, new: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Old and new value by the key path; None for a missing one."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found: dict[str, tuple[Any, Any]] = {}
        for key in [*old, *(key for key in new if key not in old)]:
            found |= _differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [_differences(a, b, f"{path}.{i}") for i, (a, b) in enumerate(zip(old, new, strict=True))]
        return {key: value for pair in pairs for key, value in pair.items()}
    return {} if old == new else {path: (old, new)}


def _short(means: str) -> str:
    """An operator in one line: Flink's own description without its row types."""
    text = means.split(" ['ROW", 1)[0].split(" ", 1)[-1] if "(" in means else means
    return shortened(text, 160)
