"""Run the cases of a test file and compare the results, or write the results into the file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.connectors.config.problems import PenstockError
from penstock.connectors.formats import codec
from penstock.jobs.base.job import NoReference
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.testing.cases import Case, TestFile
from penstock.scripts.testing.compute import Output, decoded, job_of

Compute = Callable[[Pipeline], Output]


@dataclass(frozen=True)
class Result:
    """The state of a test (`passed`, `failed`, `skipped` or `updated`) and the reason."""

    state: str
    name: str
    text: str = ""


def run_file(test: TestFile, compute: Compute, update: bool = False) -> list[Result]:
    """Run every case of a file. With `update`, expectations that fail are rewritten."""
    results = []
    actual: dict[int, Output] = {}
    for index, case in enumerate(test.cases):
        result, got = _run(test, case, compute)
        place = f"{test.file}:{test.line(index)}: {case.name}"
        if update and result.state == "failed" and got and case.expect is not None:
            actual[index] = got
            result = Result("updated", case.name)
        results.append(Result(result.state, place, result.text))
    if actual:
        rewrite(test, actual)
    return results


def _run(test: TestFile, case: Case, compute: Compute) -> tuple[Result, Output | None]:
    try:
        config = job_of(test, case)
        with config.placed():
            actual = compute(config.pipeline)
    except NoReference as problem:
        return Result("skipped", case.name, f"needs --flink: {problem}"), None
    except PenstockError as problem:
        if case.error is None:
            return Result("failed", case.name, str(problem)), None
        found = case.error in str(problem)
        return Result(
            "passed" if found else "failed", case.name, "" if found else f"no {case.error!r} in:\n{problem}"
        ), None
    except Exception as problem:  # a user's function may raise anything
        found = case.error is not None and case.error in f"{type(problem).__name__}: {problem}"
        return Result(
            "passed" if found else "failed", case.name, "" if found else f"{type(problem).__name__}: {problem}"
        ), None
    if case.error is not None:
        return Result("failed", case.name, f"no error, but an error with {case.error!r} was expected"), actual
    difference = differ(case, actual)
    return Result("failed" if difference else "passed", case.name, difference), actual


def differ(case: Case, actual: Output) -> str:
    """Return missing and unexpected rows, one per line; an empty text when the result is as expected."""
    try:
        expected = [canonical(decoded(row, actual.columns)) for row in case.expect or []]
    except ValueError as problem:
        return f"an expected row does not match the columns: {problem}"
    lines = _difference(expected, [canonical(row) for row in actual.rows])
    wanted = [(dead_letter.reason, dead_letter.row) for dead_letter in case.dead_letters]
    left = list(actual.dead_letters)
    for reason, row in wanted:
        match = next((got for got in left if got[0] == reason and _holds(row, got[1])), None)
        if match:
            left.remove(match)
        else:
            lines.append(f"- dead letter {reason} {json.dumps(row, ensure_ascii=False) if row else ''}".rstrip())
    lines += [f"+ dead letter {reason} {json.dumps(row, ensure_ascii=False)}" for reason, row in left]
    return "\n".join(lines)


def _difference(expected: list[str], actual: list[str]) -> list[str]:
    more, less = Counter(actual), Counter(expected)
    more.subtract(Counter(expected))
    less.subtract(Counter(actual))
    return [f"- {row}" for row in sorted(less.elements())] + [f"+ {row}" for row in sorted(more.elements())]


def _holds(wanted: dict[str, Any] | None, row: dict[str, Any]) -> bool:
    return wanted is None or all(
        name in row and canonical({"": row[name]}) == canonical({"": value}) for name, value in wanted.items()
    )


def canonical(row: dict[str, Any]) -> str:
    """Return a row as text. Floats have 12 significant digits, because the last bits of a sum depend on the order of the addition."""
    return json.dumps({name: _rounded(codec.encode(value)) for name, value in row.items()}, ensure_ascii=False)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}") + 0.0
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def rewrite(test: TestFile, actual: dict[int, Output]) -> None:
    """Replace the `expect` and `dead_letters` blocks of these cases by the actual results. Comments outside these blocks stay."""
    lines = test.file.read_text(encoding="utf-8").splitlines()
    for index in sorted(actual, reverse=True):
        blocks = {"expect": [json.loads(canonical(row)) for row in actual[index].rows]}
        if actual[index].dead_letters or test.cases[index].dead_letters:
            blocks["dead_letters"] = [{"reason": reason, "row": row} for reason, row in actual[index].dead_letters]
        for key, items in reversed(blocks.items()):
            _replace(lines, test, ("tests", index, key), items)
    test.file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _replace(lines: list[str], test: TestFile, path: tuple[str | int, ...], items: list[Any]) -> None:
    mark = test.tree.keys.get(path)
    if mark:
        start, indent = mark.line - 1, " " * (mark.column - 1)
        prefix = lines[start][: mark.column - 1]
        stop = start + 1
        while stop < len(lines) and (not lines[stop].strip() or re.match(rf"{indent}(\s|- )", lines[stop])):
            stop += 1
        while stop > start + 1 and not lines[stop - 1].strip():
            stop -= 1
    else:
        sibling = (*path[:-1], "expect")
        after = test.tree.keys[sibling]
        start = stop = after.line
        indent = prefix = " " * (after.column - 1)
        while stop < len(lines) and re.match(rf"{indent}(\s|- )", lines[stop]):
            stop += 1
        start = stop
    body = [f"{indent}  - {json.dumps(item, ensure_ascii=False)}" for item in items]
    lines[start:stop] = [f"{prefix}{path[-1]}:{'' if items else ' []'}", *body]
