"""The keys of the sink `postgres`, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.jdbc.postgres import PostgresSink

BASE = {"url": "postgresql://db.example.com:5432/shop", "table": "public.orders"}


def _sink(**keys: Any) -> PostgresSink:
    return PostgresSink.model_validate({**BASE, **keys})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/shop",
        "postgresql://one:5432,two:5433/shop",
        "postgresql://[::1]:5432/shop",
        "postgresql://one:5432,[::1]:5433/shop",
    ],
)
def test_a_url_names_hosts_and_a_database(url: str) -> None:
    assert _sink(url=url).server.url == f"jdbc:{url}"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://localhost/shop",
        "postgresql://localhost",
        "postgresql:///shop",
        "postgresql://ada:secret@localhost/shop",
        "postgresql://localhost/shop?password=secret",
        "localhost:5432",
    ],
)
def test_any_other_url_is_an_error_that_shows_no_secret(url: str) -> None:
    with pytest.raises(ValidationError) as problem:
        _sink(url=url)
    told = str(problem.value.errors(include_input=False))
    assert "postgresql://host:port/database" in told
    assert "secret@" not in told and "=secret" not in told


@pytest.mark.parametrize("table", ["", "a.b.c", "a.", " a", "x" * 64, "a;b", 'a"b', "a'b"])
def test_a_table_is_a_name_or_a_schema_and_a_name(table: str) -> None:
    with pytest.raises(ValidationError):
        _sink(table=table)


def test_a_password_is_a_reference() -> None:
    with pytest.raises(ValidationError) as problem:
        _sink(password="secret")
    assert "a reference" in str(problem.value.errors(include_input=False))
    sink = _sink(user="ada", password="${env:PASSWORD}")
    assert sink.references == ("${env:PASSWORD}",)
    assert sink.server.properties["password"] == "${env:PASSWORD}"


def test_a_connection_with_tls_verifies_the_server() -> None:
    assert _sink().server.properties["sslmode"] == "disable"
    assert _sink(tls=True).server.properties["sslmode"] == "verify-full"
    assert _sink(tls={"ca": "/etc/ca.pem"}).server.properties["sslrootcert"] == "/etc/ca.pem"


def test_upsert_rows_need_their_key() -> None:
    rows = Columns({"id": parse("bigint"), "n": parse("int")}, changelog=True, key=("id",))
    _sink(key="id").check(rows)
    for keys in ({}, {"key": "n"}):
        with pytest.raises(Problem) as problem:
            _sink(**keys).check(rows)
        assert problem.value.allowed == "key: [id]"
    with pytest.raises(Problem):
        _sink(key="ID").check(rows)


def test_the_options_hold_the_key_and_no_value_of_a_row() -> None:
    rows = Columns({"id": parse("bigint")})
    assert _sink(key="id").written_key() == ("id",)
    assert _sink().written_key() == ()
    assert _sink().options(rows)["table"] == "public;orders"
