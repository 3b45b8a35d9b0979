"""What an upgrade does to a job's state, in the words of its user: which windows and keys, what is lost, what to type."""

from __future__ import annotations

import re
from collections.abc import Sequence

from penstock.connectors.config.texts import shortened

_GROUPS = re.compile(r"(?:groupBy|key)=\[([^\]]*)\]")
_WINDOW = re.compile(r"window=\[(\w+)\((.*?)\)\]")
_SIZE = re.compile(r"\b(max_size|size|slide|step|gap)=\[([^\]]*)")
_LONGEST = 160
_LOSSES = {
    "table-source-scan": "it reads again from where `start` says, or every file again: rows that were read before come twice",
    "deduplicate": "a key that came before the upgrade counts as new",
    "sink": "files that were not finished are left behind",
}


def in_words(means: str) -> str:
    """The state of an operator by its meaning (`jobs/pipeline/operator_uids.py`): `the open windows (tumble 1 min) of each user`."""
    kind, _, rest = means.partition(" ")
    by = ", ".join(_GROUPS.findall(rest)[:1])
    if kind == "table-source-scan":
        name, _, connector = rest.partition(" ")
        return f"the position of {_named(name, connector)} in its input"
    if kind == "sink":
        name, _, connector = rest.partition(" ")
        return (
            "the count of aggregated rows"
            if name == "aggregated"
            else f"what {_named(name, connector)} has begun to write"
        )
    if kind == "deduplicate":
        return f"the values of {by} that came so far"
    if kind.endswith("window-aggregate"):
        return f"the open windows{_window(rest)}" + (f" of each {by}" if by else "")
    text = rest.split(" ['ROW", 1)[0].split(" [{", 1)[0] or means
    return shortened(text, _LONGEST)


def losses(lost: Sequence[str], added: Sequence[str]) -> list[str]:
    """What is lost with the state of these operators, and why."""
    found = []
    for means, replaced in lost_state(lost, added):
        kind = _kind(means)
        window = kind.endswith("window-aggregate")
        loss = (
            "their rows are missing from the results"
            if window
            else _LOSSES.get(kind, "the new version starts without it")
        )
        why = "the key, window, aggregates or columns changed" if replaced else "the new version has no such step"
        found.append(f"{in_words(means)}: {loss} ({why})")
    return found


def lost_state(lost: Sequence[str], added: Sequence[str]) -> list[tuple[str, bool]]:
    """The operators among `lost` whose state matters, each with whether an operator of its kind is added in its place.

    The state of a Kafka sink does not matter: stopped with a savepoint, it has committed everything.
    """
    kinds = {_kind(means) for means in added}
    return [(means, _kind(means) in kinds) for means in lost if _kind(means) != "sink" or means.endswith(" files")]


def _kind(means: str) -> str:
    """Flink's name of the operator, with which its meaning begins."""
    return means.split(" ", 1)[0]


def verdict(wrong: bool, lost: bool, same: bool, done: str, command: str) -> list[str]:
    """The last lines: what comes of it, the command to type, what a rollback can restore. `done` says what was done, if it was."""
    if done:
        return [done if same else f"{done} without the state that was lost" if lost else f"{done}; all state was kept"]
    if wrong:
        return ["unsafe: the new version would continue with wrong state, so the upgrade is rejected"]
    if lost:
        return [
            "unsafe: state would be lost, so the upgrade is rejected",
            f"  do       {command} --drop-state, to accept the loss",
            "  rollback when the new version fails during the upgrade, the old one starts again with all of its state; a later penstock",
            "           rollback keeps what both versions have, and what was lost stays lost",
        ]
    return ["nothing changes"] if same else ["changes; all state is kept"]


def _named(table: str, connector: str) -> str:
    """`source_records` and `sink_1` are our names of tables; a job file says source, sources.NAME, sink."""
    kind = f" ({connector.split(' ')[0]})" if connector else ""
    if table == "source_records":
        return f"the source{kind}"
    if table == "dead_letters":
        return f"the dead letters{kind}"
    return f"{table.replace('_', ' ', 1)}{kind}"


def _window(text: str) -> str:
    match = _WINDOW.search(text)
    if not match:
        return ""
    sizes = dict(_SIZE.findall(match[2]))
    size = sizes.get("size") or sizes.get("max_size") or sizes.get("gap")
    every = sizes.get("slide") or sizes.get("step")
    return f" ({match[1].lower()}{f' {size}' if size else ''}{f' every {every}' if every else ''})"
