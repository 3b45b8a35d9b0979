"""Pages, comments, docstrings and messages use the standard terms, by the table of tests/support/language.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from language import findings, prose, texts

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
YAML = sorted([*(ROOT / "conf").rglob("*.yaml"), *(ROOT / ".github").rglob("*.yml")])
JAVA = sorted((ROOT / "connectors").rglob("*.java"))
TABLE = ("language.py", "test_language.py")
MODULES = sorted(
    file
    for folder in ("benchmarks", "connectors", "jobs", "scripts", "tests", "udfs")
    for file in (ROOT / folder).rglob("*.py")
    if file.name not in TABLE
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_forbidden_word(page: Path) -> None:
    found = [f"{page.relative_to(ROOT)}:{one}" for one in findings(prose(page.read_text("utf-8")))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", YAML, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_yaml_file_has_no_forbidden_word(file: Path) -> None:
    found = [f"{file.relative_to(ROOT)}:{one}" for one in findings(file.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", JAVA, ids=lambda file: file.name)
def test_the_comments_of_a_java_class_have_no_forbidden_word(file: Path) -> None:
    comments = re.findall(r"/\*.*?\*/|//[^\n]*", file.read_text("utf-8"), re.DOTALL)
    found = [f"{file.name}: {one}" for comment in comments for one in findings(comment)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_has_no_forbidden_word_in_its_comments_docstrings_and_messages(file: Path) -> None:
    source = file.read_text("utf-8")
    found = [f"{file.relative_to(ROOT)}:{one}" for line, text in texts(source) for one in findings(text, line)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a late letter", "letter"),
        ("rows that\n  replace earlier ones", "rows that replace earlier ones"),
        ("It is refused.", "refused"),
        ("topics, whose they are", "whose they"),
        ("Where nothing is said", "Where nothing is said"),
    ],
)
def test_a_forbidden_word_is_found(text: str, found: str) -> None:
    assert [one.found for one in findings(f"first\n\n{text}")] == [found]
    assert findings(f"first\n\n{text}")[0].line == 3


@pytest.mark.parametrize(
    "text",
    [
        "the dead\n  letters of a job",
        "letters, digits and _",
        "connection refused",
        "a standard",
        "there is\n\nnone",
        "`refused` in code, ``gives`` and [a link](letters.md)",
        "```sh\nmend\n```",
    ],
)
def test_what_is_no_forbidden_word_is_not_found(text: str) -> None:
    assert findings(prose(text)) == []


def test_comments_docstrings_and_messages_are_found_with_their_lines() -> None:
    source = 'class A:\n    key = "letters"  # a comment that gives\n    """First.\n\n    `code` gives rows."""\n    f"it {key} gives"\n'
    found = [one for line, text in texts(source) for one in findings(text, line)]
    assert [(one.line, one.found) for one in found] == [(2, "gives"), (5, "gives"), (6, "gives")]
