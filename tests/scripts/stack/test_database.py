"""A real server of each database of a stack."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.jdbc.server import DatabaseError
from penstock.scripts.stack.addresses import STACK, Variables
from penstock.scripts.stack.database import Database
from penstock.scripts.stack.processes import free_port, listening
from penstock.scripts.stack.servers import SERVERS

DATABASES = {name: kind for name, kind in SERVERS.items() if issubclass(kind, Database)}


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = DATABASES[request.param](tmp_path_factory.mktemp("stack") / STACK)
    yield server
    server.stop()
    server.remove()


def test_it_starts_keeps_its_data_and_port_and_stops_while_a_client_is_connected(database: Database) -> None:
    assert database.address is None and not database.ready
    address = database.start(free_port())
    assert address == database.address == database.start()
    assert database.ready
    database.query("CREATE TABLE kept (a int)", "INSERT INTO kept VALUES (1)")
    port = database.service.port
    assert port and listening(port)
    assert database.stop()
    assert not database.stop()
    assert not listening(port)
    assert database.start() == address
    assert database.query("SELECT * FROM kept") == [["1"]]


def test_only_who_knows_the_password_can_connect(database: Database) -> None:
    database.start()
    with pytest.raises(DatabaseError) as problem:
        database.query("SELECT 1", password="guessed")
    assert problem.value.state.startswith("28")
    assert stat.S_IMODE((database.folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(database.folder.stat().st_mode) == 0o700


def test_a_job_file_in_its_folder_finds_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    address = database.start()
    monkeypatch.chdir(database.service.folder.parent.parent)
    monkeypatch.delenv(database.variable, raising=False)
    monkeypatch.setenv(database.password_variable, "")
    monkeypatch.delenv(database.password_variable)
    messages: list[str] = []
    assert Variables(messages.append).get(database.variable, "somewhere else") == address
    assert len(messages) == 1 and database.password not in messages[0]
    assert os.environ[database.password_variable] == database.password


@pytest.mark.parametrize("kind", DATABASES.values())
def test_a_system_without_its_programs_is_an_error_that_says_what_to_do(
    kind: type[Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    with pytest.raises(RunError) as problem:
        kind(tmp_path).start()
    assert "Linux on x86-64" in problem.value.head
    assert f"set {kind.variable}" in problem.value.do
