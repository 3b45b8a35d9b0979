"""The keys of the sink `opensearch`; tests/integration/test_opensearch.py writes into a server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.opensearch.sink import OpensearchSink

ROWS = Columns({"id": parse("bigint"), "name": parse("string")}, changelog=True, key=("id",))


def _sink(**keys: Any) -> OpensearchSink:
    return OpensearchSink.model_validate({"url": "https://search.example.com:9200/", "index": "orders", **keys})


@pytest.mark.parametrize("index", ["Orders", "_orders", "a/b", "a*", "", "x" * 201])
def test_an_index_has_a_valid_name(index: str) -> None:
    with pytest.raises(ValidationError):
        _sink(index=index)


def test_the_url_is_that_of_the_server() -> None:
    assert _sink().options(ROWS)["url"] == "https://search.example.com:9200"
    with pytest.raises(ValidationError, match="a URL with a query"):
        _sink(url="https://search.example.com?x=1".replace("?", "/?"))


def test_upsert_rows_need_their_key() -> None:
    _sink(key="id").check(ROWS)
    with pytest.raises(Problem) as problem:
        _sink().check(ROWS)
    assert problem.value.allowed == "key: [id]"


def test_the_login_is_a_reference() -> None:
    sink = _sink(user="ada", password="${env:SEARCH_PASSWORD}")
    assert sink.references == ("${env:SEARCH_PASSWORD}",)
    assert sink.options(ROWS)["login.password"] == "${env:SEARCH_PASSWORD}"
