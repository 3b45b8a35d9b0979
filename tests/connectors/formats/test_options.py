"""The options of record formats: for a table, and as a Java properties file."""

from __future__ import annotations

import pytest

from penstock.connectors.formats.options import encoding, options, properties


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("raw", {}),
        ("json", {}),
        ("avro", {"avro.timestamp_mapping.legacy": "false"}),
        ("csv", {"csv.null-literal": ""}),
    ],
)
def test_a_format_has_these_options_and_a_prefix_only_before_them(name: str, expected: dict[str, str]) -> None:
    assert options(name) == expected
    assert options(name, "key.") == {f"key.{option}": value for option, value in expected.items()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("raw", ""),
        ("csv", "null-literal=\n"),
        ("avro", "timestamp_mapping.legacy=false\n"),
        ("json", ""),
    ],
)
def test_a_wrapped_format_receives_its_options_as_a_properties_file(name: str, text: str) -> None:
    assert properties(name) == text


def test_json_has_an_encoder_of_its_own() -> None:
    assert encoding("json", "value.") == {"value.format": "penstock-json"}
    assert encoding("csv", "value.") == {"value.format": "csv", "value.csv.null-literal": ""}
    assert encoding("raw") == {"format": "raw"}
