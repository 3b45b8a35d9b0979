"""Mutated job files: every one is accepted or refused with a message; none raises anything else, none hangs."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import yaml

from connectors.problems import ConfigError
from scripts.config.load import load

ROOT = Path(__file__).parents[3]
SEEDS = [*sorted((ROOT / "conf" / "jobs").glob("*.yaml")), *sorted((Path(__file__).parent / "bad").glob("*.yaml"))]
PIECES = [
    "{", "}", "[", "]", ":", ",", "\n", "  ", "- ", "&a ", "*a", "!!int ", "'", '"', "|", ">", "#", "%YAML 1.1", "---", "...", "? ",
    "<<: ", "null", "~", "true", "0x1F", "1e999", "-0", ".nan", "9" * 50, "${X}", "${X:1}", "$${", "${", "\t", "\x00", "\u2028",
    "\U0001f600", "\ufeff", "name:", "job:", "sink:", "source:", "columns:", "array<", "row<a int>", "decimal(99,1)", "60 s", "1e9 d",
    "../../../etc/passwd", "`; DROP TABLE x; --", "' OR 1=1", "\\", "\\u0041", "\\xff", "@", "`",
]  # fmt: skip
COUNT = int(os.environ.get("PENSTOCK_FUZZ", "20000"))


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


def test_no_mutation_raises_anything_but_a_message(tmp_path: Path) -> None:
    dice = random.Random(20261121)
    texts = [seed.read_text("utf-8", errors="replace") for seed in SEEDS]
    file = tmp_path / "job.yaml"
    refused, slowest = 0, 0.0
    for number in range(COUNT):
        text = mutated(dice.choice(texts), dice)
        file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
        started = time.monotonic()
        try:
            accepted = load(file, environ={}).pipeline
            unknown = _keys(yaml.safe_load(text)) - _keys(accepted.model_dump(mode="json"))
            assert not unknown, f"mutation {number} is accepted with {unknown}"
        except ConfigError as problem:
            refused += 1
            assert str(problem).startswith(str(file)), f"mutation {number} is not placed: {problem}"
            assert "Traceback" not in str(problem)
        slowest = max(slowest, time.monotonic() - started)
    assert refused > COUNT / 2
    assert slowest < 2, "a job file must not hang the check"


def _keys(value: object) -> set[str]:
    """Every key of every mapping in it."""
    if isinstance(value, dict):
        return {str(key) for key in value} | {key for item in value.values() for key in _keys(item)}
    return {key for item in value for key in _keys(item)} if isinstance(value, list) else set()
