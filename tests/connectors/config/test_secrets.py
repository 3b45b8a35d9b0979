"""References to secrets: they are resolved on this machine, and errors name the reference without showing a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.connectors.config.secrets import NotHere, properties, resolved


def test_each_kind_of_reference_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "kafka.properties").write_text("a = one\nb: two\n")
    (tmp_path / "secret").write_text("three")
    assert resolved("${env:HERE}", {"HERE": "zero"}) == "zero"
    assert resolved(f"${{file:{tmp_path}/kafka.properties:b}}") == "two"
    assert resolved(f"${{directory:{tmp_path}:secret}}") == "three"
    assert resolved("no reference") == "no reference"


@pytest.mark.parametrize(
    "reference",
    ["${env:NOT_SET}", "${env:EMPTY}", "${file:/FOLDER/nothing:key}", "${file:/FOLDER/kafka.properties:key}",
     "${directory:/FOLDER:nothing}", "${directory:/FOLDER:with-line-break}"],
)  # fmt: skip
def test_the_error_about_a_missing_secret_names_it_and_shows_no_other(reference: str, tmp_path: Path) -> None:
    (tmp_path / "kafka.properties").write_text("other = hunter2\n")
    (tmp_path / "with-line-break").write_text("hunter2\n")
    reference = reference.replace("/FOLDER", str(tmp_path))
    with pytest.raises(NotHere) as caught:
        resolved(reference, {"EMPTY": "", "OTHER": "hunter2"})
    assert reference in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_properties_file_is_read_as_java_reads_it() -> None:
    text = "# no\n! no\n a=1\nb : 2\nc 3\nd\\ e = f\\\n   g\nh=\\u0041\\t\\\\\ni\n\nj= k = l \n"
    expected = {"a": "1", "b": "2", "c": "3", "d e": "fg", "h": "A\t\\", "i": "", "j": "k = l "}
    assert properties(text) == expected
