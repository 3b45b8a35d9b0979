from __future__ import annotations

import pytest

from penstock.connectors.runtime.fetching import Fetching


def test_one_jar_is_said_with_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    with Fetching("kafka", 1) as said, said.file("kafka.jar", 9_876_543) as part:
        part(9_876_543)
    assert capsys.readouterr().err == "fetching kafka.jar (9.9 MB)\n"


def test_several_jars_are_said_with_their_number_and_in_the_end_their_size(capsys: pytest.CaptureFixture[str]) -> None:
    with Fetching("kafka-broker", 2) as said:
        for name, size in (("a.jar", 1_500_000), ("a.pom", 999), ("b.jar", 700_000)):
            with said.file(name, size) as part:
                part(size)
    assert capsys.readouterr().err == "fetching 2 jars (kafka-broker)\nfetched 2 jars, 2.2 MB\n"


def test_jars_that_could_not_be_fetched_are_not_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="no network"), Fetching("kafka-broker", 2):
        raise OSError("no network")
    assert capsys.readouterr().err == "fetching 2 jars (kafka-broker)\n"
