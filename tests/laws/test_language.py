"""The prose of the hand-written pages uses the words of Flink's and Kafka's documentation, by the table of tests/support/language.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from language import Finding, docstrings, findings, prose

ROOT = Path(__file__).parents[2]
GENERATED = {"reference.md", "types.md", "troubleshooting.md", "faults.md"}
"""Pages that the code writes: their words are those of docstrings and messages."""

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.name not in GENERATED),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_forbidden_word(page: Path) -> None:
    found = [f"{page.relative_to(ROOT)}:{one}" for one in findings(prose(page.read_text("utf-8")))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a late letter", "letter"),
        ("rows that\n  replace earlier ones", "rows that replace earlier ones"),
        ("It is refused.", "refused"),
        ("a job, whose state", "whose"),
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


def test_docstrings_are_found_with_their_lines() -> None:
    [one] = docstrings('class A:\n    key: int\n    """First.\n\n    `code` gives rows."""\n')
    assert findings(one[1], one[0]) == [Finding(5, "gives", "returns, outputs, emits")]
