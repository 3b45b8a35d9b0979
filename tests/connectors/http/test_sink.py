"""The keys of the sink `http`; tests/integration/test_http.py sends rows to a server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.http.sink import HttpSink

ROWS = Columns({"id": parse("bigint"), "name": parse("string")})


def _sink(**keys: Any) -> HttpSink:
    return HttpSink.model_validate({"url": "https://api.example.com/v1/rows?source=a%20b", **keys})


def _error(**keys: Any) -> str:
    with pytest.raises(ValidationError) as problem:
        _sink(**keys)
    return str(problem.value.errors(include_input=False, include_context=True))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/x",
        "host/x",
        "https:///x",
        "https://host/a b",
        "https://host/#top",
        "https://ho st/x",
        "https://host:65536/x",
        "https://my_service/x",
        "http://10.0.0/",
        "http://[1:::]/",
        "http://a..b/",
        "http://h-/",
        "https://host/%zz",
    ],
)
def test_a_url_is_http_or_https(url: str) -> None:
    assert "http://host:port/path or https://host:port/path" in _error(url=url)


def test_a_login_in_the_url_is_an_error_that_does_not_show_it() -> None:
    told = _error(url="https://ada:secret@host/x")
    assert "user or a password (not shown)" in told and "secret@" not in told


def test_a_secret_in_a_header_is_a_reference() -> None:
    for name in ("Authorization", "X-Api-Key", "cookie"):
        told = _error(headers={name: "battery staple"})
        assert f"the header {name} with a secret" in told and "battery" not in told
    sink = _sink(headers={"X-Api-Key": "${env:KEY}", "X-Team": "data"})
    assert sink.references == ("${env:KEY}",)
    assert sink.options(ROWS)["headers.X-Api-Key"] == "${env:KEY}"


def test_a_secret_in_a_parameter_of_the_url_is_an_error_that_does_not_show_it() -> None:
    assert "the parameter api_key" in _error(url="https://host/x?source=a&api_key=battery")


@pytest.mark.parametrize("url", ["http://10.0.0.1:80/", "http://[::1]:1/x", "https://a-b.example.com/x%20y?z=%C3%A9"])
def test_a_url_that_java_accepts(url: str) -> None:
    assert _sink(url=url).url == url


@pytest.mark.parametrize("name", ["Host", "Transfer-Encoding", "content-type", "Idempotency-Key", "a b", "a\nb", ""])
def test_a_header_has_a_valid_name_that_the_sink_does_not_set_itself(name: str) -> None:
    assert "letters, digits and dashes" in _error(headers={name: "x"})


@pytest.mark.parametrize(
    ("content", "text"),
    [("a\nb", "a name, or one reference"), ("", "a name, or one reference"), ("ł", "HTTP does not allow")],
)
def test_the_content_of_a_header_is_one_line(content: str, text: str) -> None:
    assert text in _error(headers={"X-Team": content})


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"user": "ada"}, "only one of user and password"),
        ({"token": "${env:T}", "user": "ada", "password": "${env:P}"}, "token beside user and password"),
        ({"token": "${env:T}", "headers": {"authorization": "${env:T}"}}, "the header Authorization beside a login"),
        ({"key": "id", "body": "lines"}, "key with body: lines"),
        ({"url": "http://host/x", "tls": {"ca": "/ca.pem"}}, "tls with an http URL"),
        ({"token": "battery staple"}, "a secret in the job file itself"),
    ],
)
def test_keys_that_do_not_go_together(keys: dict[str, Any], text: str) -> None:
    told = _error(**keys)
    assert text in told and "battery" not in told


def test_the_columns_of_the_key_exist_and_rows_are_append_only() -> None:
    _sink(key="id").check(ROWS)
    with pytest.raises(Problem):
        _sink(key="ID").check(ROWS)
    with pytest.raises(Problem):
        _sink().check(Columns(ROWS.types, changelog=True, key=("id",)))


def test_a_secret_that_is_sent_without_encryption_is_noted() -> None:
    assert _sink(token="${env:T}").notes == ()
    assert _sink(url="http://localhost:1/x", token="${env:T}").notes == ()
    assert _sink(url="http://api.example.com/x").notes == ()
    [note] = _sink(url="http://api.example.com/x", token="${env:T}").notes
    assert note.startswith("the requests to api.example.com are not encrypted")
