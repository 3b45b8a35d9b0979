"""Errors are data: code that catches one of ours reads its fields and never its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [file for room in ("connectors", "jobs", "scripts", "udfs") for file in sorted((ROOT / room).rglob("*.py"))]
MAY_READ_TEXT = {
    "scripts/testing/check.py": "a YAML test expects a part of an error's text, because that is what a person sees",
}


def _own_errors() -> set[str]:
    """PenstockError, Problem, and every class below them."""
    classes = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    own = {"PenstockError", "Problem"}
    while more := {name for name, bases in classes.items() if bases & own} - own:
        own |= more
    return own


OWN = _own_errors()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_reads_the_text_of_one_of_our_errors(file: Path) -> None:
    if str(file.relative_to(ROOT)) in MAY_READ_TEXT:
        return
    found = [f"line {line}: {code}" for line, code in _reads_text(ast.parse(file.read_text("utf-8")))]
    assert not found, (
        f"{file}: {'; '.join(found)}: read the error's fields (head, found, allowed, do, where), branch on its class, "
        "and raise RunError.because to say more"
    )


@pytest.mark.parametrize(
    "code",
    [
        "'word' in str(problem)",
        "str(problem).splitlines()[0]",
        "str(problem)[:500]",
        "f'{problem}'.replace('a', 'b')",
        "problem.args[0]",
        "raise RunError(f'{name}: {problem}')",
        "raise RunError(str(problem), do='x')",
    ],
)
def test_the_law_sees_what_it_forbids(code: str) -> None:
    assert _found(code, "RunError")
    assert _found(code, "(OSError, PenstockError)")
    assert not _found(code, "OSError")


@pytest.mark.parametrize(
    "code", ["say(problem.head)", "raise RunError.because(name, problem)", "echo(str(problem))", "raise"]
)
def test_the_law_allows_fields_and_showing(code: str) -> None:
    assert not _found(code, "RunError")


def _found(code: str, kind: str) -> list[tuple[int, str]]:
    return list(_reads_text(ast.parse(f"try:\n    run()\nexcept {kind} as problem:\n    {code}")))


def _reads_text(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and code of each place where the text of one of our errors is looked into, or becomes part of another error's."""
    for handler in ast.walk(tree):
        if not isinstance(handler, ast.ExceptHandler) or not handler.name or not handler.type:
            continue
        kinds = {ast.unparse(kind).split(".")[-1] for kind in getattr(handler.type, "elts", [handler.type])}
        if not kinds & OWN:
            continue
        for node in (inner for statement in handler.body for inner in ast.walk(statement)):
            if _looks_into(node, handler.name):
                yield getattr(node, "lineno", handler.lineno), ast.unparse(node)


def _looks_into(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr="args") if owner == name:
            return True
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            return _is_text(inner, name)
        case ast.Compare(left=left, comparators=others):
            return any(_is_text(part, name) for part in (left, *others))
        case ast.Raise(exc=ast.Call() as made):
            return any(_is_text(part, name) for part in ast.walk(made))
        case _:
            return False


def _is_text(node: ast.AST, name: str) -> bool:
    """`str(problem)`, or an f-string that holds `{problem}`."""
    match node:
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=shown)]):
            return shown == name
        case ast.JoinedStr(values=parts):
            shown_parts = [part.value for part in parts if isinstance(part, ast.FormattedValue)]
            return any(isinstance(part, ast.Name) and part.id == name for part in shown_parts)
        case _:
            return False
