"""What an annotation accepts; the messages made of it are tested in test_explain.py."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.connectors.config.help_texts import help_text
from penstock.connectors.registry import SOURCES
from penstock.jobs import JOBS
from penstock.scripts.config.annotations import accepts_single, example, inner_model, mapping_form


def field(registry: Any, plug_in: str, key: str) -> Any:
    return registry[plug_in].model_fields[key]


@pytest.mark.parametrize(
    ("registry", "plug_in", "key", "text"),
    [
        (SOURCES, "kafka", "columns", "{id: bigint, name: string}"),
        (SOURCES, "kafka", "envelope", "{timestamp: written_at}"),
        (SOURCES, "kafka", "event_time", "{column: at, out_of_order: 5 s}"),
        (SOURCES, "datagen", "fields", "{NAME: {min: 0, max: 100}}"),
        (JOBS, "dedup", "key", ""),
    ],
)
def test_the_example_of_a_mapping(registry: Any, plug_in: str, key: str, text: str) -> None:
    assert example(field(registry, plug_in, key), help_text(registry[plug_in], key)) == text


def test_other_forms_of_a_key_are_found() -> None:
    assert mapping_form(field(SOURCES, "kafka", "start")) == "{timestamp: ...}"
    assert mapping_form(field(SOURCES, "kafka", "format")) == ""
    assert [accepts_single(field(JOBS, name, key)) for name, key in (("dedup", "key"), ("rolling_sum", "key"))] == [
        True,
        True,
    ]
    assert not accepts_single(field(SOURCES, "values", "rows"))
    assert inner_model(field(JOBS, "dedup", "key").annotation) is None
