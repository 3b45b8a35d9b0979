"""The options of record formats: for a table, and as a Java properties file."""

from __future__ import annotations

import pytest

from penstock.connectors.formats.options import encoding, properties


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


def test_a_sink_has_its_format_with_options_and_json_an_encoder_of_its_own() -> None:
    assert encoding("json", "value.") == {"value.format": "penstock-json"}
    assert encoding("csv", "value.") == {"value.format": "csv", "value.csv.null-literal": ""}
    assert encoding("csv") == {"format": "csv", "csv.null-literal": ""}
    assert encoding("avro") == {"format": "avro", "avro.timestamp_mapping.legacy": "false"}
    assert encoding("raw") == {"format": "raw"}
