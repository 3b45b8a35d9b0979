from __future__ import annotations

import pytest

from penstock.connectors.runtime.fetching import Fetching


def test_the_download_of_one_jar_is_reported_with_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    with Fetching("kafka", 1) as progress, progress.file("kafka.jar", 9_876_543) as chunk:
        chunk(9_876_543)
    assert capsys.readouterr().err == "fetching kafka.jar (9.9 MB)\n"


def test_the_download_of_several_jars_is_reported_with_their_number_and_total_size(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Fetching("kafka-broker", 2) as progress:
        for name, size in (("a.jar", 1_500_000), ("a.pom", 999), ("b.jar", 700_000)):
            with progress.file(name, size) as chunk:
                chunk(size)
    assert capsys.readouterr().err == "fetching 2 jars (kafka-broker)\nfetched 2 jars, 2.2 MB\n"


def test_a_failed_download_is_not_reported_as_complete(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="no network"), Fetching("kafka-broker", 2):
        raise OSError("no network")
    assert capsys.readouterr().err == "fetching 2 jars (kafka-broker)\n"
