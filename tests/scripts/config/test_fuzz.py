"""Mutated job files: each is accepted, or rejected with a message. None raises another exception, and none hangs."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.config.load import load
from penstock.scripts.config.tree import _LOADER

_Dumper: Any = type("_Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {"ignore_aliases": lambda *_: True})
ROOT = Path(__file__).parents[3]
SEEDS = [*sorted((ROOT / "conf" / "jobs").glob("*.yaml")), *sorted((Path(__file__).parent / "bad").glob("*.yaml"))]
PIECES = [
    "{", "}", "[", "]", ":", ",", "\n", "  ", "- ", "&a ", "*a", "!!int ", "'", '"', "|", ">", "#", "%YAML 1.1", "---", "...", "? ",
    "<<: ", "null", "~", "true", "0x1F", "1e999", "-0", ".nan", "9" * 50, "${X}", "${X:1}", "$${", "${", "\t", "\x00", "\u2028",
    "\U0001f600", "\ufeff", "name:", "job:", "sink:", "source:", "columns:", "array<", "row<a int>", "decimal(99,1)", "60 s", "1e9 d",
    "../../../etc/passwd", "`; DROP TABLE x; --", "' OR 1=1", "\\", "\\u0041", "\\xff", "@", "`",
]  # fmt: skip
_FOREIGN = re.compile(
    r"Traceback|Input should|pydantic|should be a valid|dict\[|function-(?:after|before|plain|wrap)|constrained-"
)
"""Words of the underlying libraries, which must not appear in messages."""

COUNT = int(os.environ.get("PENSTOCK_FUZZ", "20000"))


WORDS: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 1e308, float("nan"), float("inf"), "", " ", "x", "a.b", "<word>", "[key]", "never", "10 s",
    "0 s", "-1 s", "string", "int not null", "decimal(99,1)", "row<a int>", "timestamp_ltz(3)", "bigint", "earliest", "dead_letter",
    "exactly_once", "raw", "csv", "json", "\x01", "\u2028", "\U0001f600", "a" * 300, "../x", "${X}", [], {}, [[]], [None], {"a": 1},
    {"<at>": 1}, {"timestamp": "x"}, {"blackhole": {}}, {"console": None}, {"kafka": {}}, {1: 2}, {"": ""}, "amount", "user", "records",
]  # fmt: skip


def replaced(value: Any, dice: random.Random, others: list[Any]) -> Any:
    """Return the value with one part replaced, renamed, added, removed or moved. The result is valid YAML, so that the test covers more
    than the syntax."""
    if not isinstance(value, (dict, list)) or not value or dice.random() < 0.15:
        return dice.choice([*WORDS, dice.choice(others)])
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, kind = dice.choice(keys), dice.random()
    if kind < 0.7:
        new = replaced(value[key], dice, others)
        return {**value, key: new} if isinstance(value, dict) else [*value[:key], new, *value[key + 1 :]]
    if isinstance(value, list):
        return [*value[:key], *([value[key]] * dice.choice([0, 2])), *value[key + 1 :]]
    if kind < 0.8:
        return {name: item for name, item in value.items() if name != key}
    word = dice.choice([*(word for word in WORDS if isinstance(word, str)), *keys])
    return {**value, word: dice.choice([value[key], *WORDS])}


def parts(value: Any) -> Iterator[Any]:
    """Yield the value and all nested values."""
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(item)


def mutated(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text) + 1)
        to = min(len(text), at + dice.choice([0, 0, 1, 2, 8, 40]))
        kind = dice.random()
        if kind < 0.5:
            text = text[:at] + dice.choice(PIECES) + text[to:]
        elif kind < 0.7:
            text = text[:at] + text[to:]
        elif kind < 0.85:
            lines = text.splitlines(keepends=True)
            dice.shuffle(lines)
            text = "".join(lines)
        else:
            text = text[:at] + text[at:to] * dice.randint(2, 5) + text[to:]
    return text


@pytest.mark.slow
def test_no_mutation_raises_anything_but_a_config_error(tmp_path: Path) -> None:
    dice = random.Random(20261121)
    texts = [seed.read_text("utf-8", errors="replace") for seed in SEEDS]
    trees = [yaml.safe_load(seed.read_bytes()) for seed in sorted((ROOT / "conf" / "jobs").glob("*.yaml"))]
    others = [part for tree in trees for part in parts(tree)]
    file = tmp_path / "job.yaml"
    rejected, slowest = 0, 0.0
    for number in range(COUNT):
        if number % 2:
            text = mutated(dice.choice(texts), dice)
        else:
            tree = dice.choice(trees)
            for _ in range(dice.randint(1, 3)):
                tree = replaced(tree, dice, others)
            text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False)
        file.unlink(missing_ok=True)  # overwriting an existing file would be synchronised to disk, which is slow
        file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
        started = time.monotonic()
        try:
            accepted = load(file, environ={}).pipeline
            unknown = _keys(yaml.load(text, Loader=_LOADER)) - _keys(accepted.model_dump(mode="json"))
            assert not unknown, f"mutation {number} is accepted with {unknown}"
        except ConfigError as problem:
            rejected += 1
            assert str(problem).startswith(str(file)), f"mutation {number}: no position in {problem}"
            assert not _FOREIGN.search(str(problem)), f"mutation {number}: {problem}"
        except Exception as problem:
            raise AssertionError(f"mutation {number} raises {type(problem).__name__}:\n{text}") from problem
        slowest = max(slowest, time.monotonic() - started)
    assert rejected > COUNT / 2
    assert slowest < 2, "the validation must not hang"


def _keys(value: object) -> set[str]:
    """Return every key of every nested mapping."""
    if isinstance(value, dict):
        return {str(key) for key in value} | {key for item in value.values() for key in _keys(item)}
    return {key for item in value for key in _keys(item)} if isinstance(value, list) else set()
