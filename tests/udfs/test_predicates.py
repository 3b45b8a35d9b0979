from __future__ import annotations

from typing import Any

import pytest
from equivalence import assert_same, examples, pipeline
from hypothesis import given
from hypothesis import strategies as st

from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.udfs.predicates import PREDICATES, fulfils, regex

TEXTS = st.text("aAbBé\U0001f600ß\n .%_\\'", max_size=6)


@examples(12)
@given(
    predicate=st.sampled_from([name for name in PREDICATES if name != "matches"]),
    operand=TEXTS,
    when=st.sampled_from(["before", "after"]),
    rows=st.lists(st.none() | TEXTS, min_size=20, max_size=60),
)
def test_predicates_in_flink_equal_python(
    cluster: MiniCluster, predicate: str, operand: str, when: str, rows: list[Any]
) -> None:
    job = {"uppercase_filter": {"column": "text", "to": "upper", "when": when, "keep": {predicate: operand}}}
    assert_same(cluster, pipeline(job, {"text": "string"}, [{"text": text} for text in rows]))


PATTERNS = [
    "a", "^a", "a$", "a.b", r"a\.b", "[ab]{2,3}", "(a|b)+", r"\d", r"\w+", r"\s", "[^a]", r"\bb", "a*?b", "(?=a)", "(?:ab)?$",
    "é", "\U0001f600", ".", r"\\", "%", "_", "'",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_regular_expression_means_the_same_in_java(cluster: MiniCluster, pattern: str) -> None:
    texts = [
        "",
        "a",
        "ab",
        "ba",
        "a\nb",
        "a.b",
        "axb",
        "é",
        "\U0001f600",
        "1",
        "a b",
        "\\",
        "%",
        "_",
        "it's",
        "a\r",
        "a\u2028b",
        "a\n",
        "AB",
    ]
    job = {"uppercase_filter": {"column": "text", "to": "upper", "when": "before", "keep": {"matches": pattern}}}
    assert_same(cluster, pipeline(job, {"text": "string"}, [{"text": text} for text in texts]))


@pytest.mark.parametrize(
    "pattern",
    ["(?i)a", "(?P<n>a)", r"\p{L}", "a++", "[a&&b]", "[[a]", "{,3}a", "(a", "a**", r"\1", r"\Aa", r"\Z", r"\u0041"],
)
def test_a_pattern_that_differs_between_python_and_java_is_rejected(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"differs between|regular expression|character class"):
        regex(pattern)


def test_null_fulfils_no_predicate() -> None:
    assert not any(fulfils(predicate, None, "a") for predicate in PREDICATES)
