"""The keys of the sink `mongodb`; tests/integration/test_mongodb.py writes documents."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.mongodb.sink import MongodbSink

ROWS = Columns({"id": parse("bigint"), "name": parse("string")})


def _sink(**keys: Any) -> MongodbSink:
    return MongodbSink.model_validate({"url": "mongodb://a:1,b/db", "collection": "c", **keys})


def _error(**keys: Any) -> str:
    with pytest.raises(ValidationError) as problem:
        _sink(**keys)
    return str(problem.value.errors(include_input=False, include_context=True))


@pytest.mark.parametrize(
    "url", ["http://a/db", "mongodb://a", "mongodb:///db", "mongodb://a:0/db", "mongodb://a/d b", "mongodb+srv://a/db"]
)
def test_a_url_names_the_hosts_and_the_database(url: str) -> None:
    assert "mongodb://host:port/database" in _error(url=url)


def test_a_login_in_the_url_is_an_error_that_does_not_show_it() -> None:
    for url in ("mongodb://ada:battery@a/db", "mongodb://a/db?authSource=battery"):
        told = _error(url=url)
        assert "(not shown)" in told and "battery" not in told


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"user": "ada"}, "only one of user and password"),
        ({"user": "ada", "password": "battery"}, "a secret in the job file itself"),
        ({"collection": "system.users"}, "which do not begin with system."),
        ({"collection": "a$b"}, "without $"),
        ({"replica_set": "a&b"}, "letters, digits"),
    ],
)
def test_keys_that_are_not_valid(keys: dict[str, Any], text: str) -> None:
    told = _error(**keys)
    assert text in told and "battery" not in told


def test_the_key_exists_and_every_value_fits_into_a_document() -> None:
    _sink(key="id").check(ROWS)
    _sink(key="_id").check(Columns({"_id": parse("string")}))
    for sink, rows in (
        (_sink(key="ID"), ROWS),
        (_sink(key="id"), Columns({"id": parse("int"), "_id": parse("int")})),
        (_sink(), Columns({"_id": parse("int")})),
        (_sink(), Columns({"a": parse("array<decimal(35, 2)>")})),
        (_sink(), Columns(ROWS.types, changelog=True, key=("id",))),
    ):
        with pytest.raises(Problem):
            sink.check(rows)


def test_secrets_stay_references() -> None:
    sink = _sink(user="ada", password="${env:P}", replica_set="rs0", tls={"ca": "/ca.pem"})
    options = sink.options(ROWS)
    assert sink.references == ("${env:P}",)
    assert options["url"] == "mongodb://a:1,b/db?replicaSet=rs0"
    assert {name: options[name] for name in options if name.startswith("login.")} == {
        "login.user": "ada", "login.password": "${env:P}", "login.database": "admin",
    }  # fmt: skip
    assert (options["tls"], options["ca"]) == ("true", "/ca.pem")


def test_the_doctor_says_what_the_server_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def states(answer: dict[str, Any], **keys: Any) -> list[tuple[str, str]]:
        monkeypatch.setattr(MongodbSink, "ask", lambda self, *_: answer)
        return [(one.state, one.found) for one in _sink(**keys).compare(ROWS)]

    assert states({"error": "Timed out"}) == [("bad", "cannot be used: Timed out")]
    assert states({"exists": False, "unique": []}) == [("ok", "answers"), ("bad", "does not exist")]
    assert states({"exists": False, "unique": []}, create=True)[1][0] == "ok"
    [_, _, (state, found)] = states({"exists": True, "unique": ['{"name": 1, "x": 1}']})
    assert state == "warn" and "a unique index of name, x" in found
