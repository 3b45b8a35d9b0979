"""The keys of the sink `mysql`, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import parse
from penstock.connectors.jdbc.mysql import MysqlSink

BASE = {"url": "mysql://db.example.com:3306/shop", "table": "shop.orders"}


def _sink(**keys: Any) -> MysqlSink:
    return MysqlSink.model_validate({**BASE, **keys})


@pytest.mark.parametrize("url", ["mysql://localhost/shop", "mysql://one:3306,two:3307/shop", "mysql://[::1]:3306/shop"])
def test_a_url_names_hosts_and_a_database(url: str) -> None:
    assert _sink(url=url).server.url == f"jdbc:mariadb:{url.removeprefix('mysql:')}"


@pytest.mark.parametrize(
    "url",
    [
        "mariadb://localhost/shop",
        "mysql://localhost",
        "mysql://ada:secret@localhost/shop",
        "mysql://localhost/shop?password=secret",
    ],
)
def test_any_other_url_is_an_error_that_shows_no_secret(url: str) -> None:
    with pytest.raises(ValidationError) as problem:
        _sink(url=url)
    told = str(problem.value.errors(include_input=False))
    assert "mysql://host:port/database" in told
    assert "secret@" not in told and "=secret" not in told


def test_a_connection_with_tls_verifies_the_server() -> None:
    assert _sink().server.properties["sslMode"] == "disable"
    assert _sink(tls=True).server.properties["sslMode"] == "verify-full"
    assert _sink(tls={"ca": "/etc/ca.pem"}).server.properties["serverSslCert"] == "/etc/ca.pem"


def test_the_session_never_cuts_a_value_and_is_in_utc() -> None:
    session = _sink().server.properties["sessionVariables"]
    assert "STRICT_ALL_TABLES" in session and "time_zone='+00:00'" in session


def test_the_options_hold_references_and_no_secret() -> None:
    rows = Columns({"id": parse("bigint")})
    options = _sink(key="id", user="ada", password="${env:PASSWORD}").options(rows)
    assert options["table"] == "shop;orders"
    assert options["properties.password"] == "${env:PASSWORD}"
