"""A table of a real PostgreSQL, compared with the rows of a job."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres import running

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import parse
from penstock.connectors.jdbc.postgres import PostgresSink
from penstock.scripts.stack.postgres import Database
from penstock.scripts.stack.processes import free_port

ROWS = Columns({"id": parse("bigint"), "name": parse("string"), "price": parse("decimal(10, 2)")})
CHANGES = Columns(ROWS.types, changelog=True, key=("id",))


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def password(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD_OF_TEST", database.password)


def _found(database: Database, rows: Columns = ROWS, prepare: bool = False, **keys: Any) -> list[Finding]:
    base = {"url": database.address, "table": "orders", "user": "penstock", "password": "${env:PGPASSWORD_OF_TEST}"}
    return list(PostgresSink.model_validate({**base, **keys}).compare(rows, prepare))


def test_a_table_that_does_not_exist_is_created_only_if_the_job_file_says_so(database: Database) -> None:
    [missing] = _found(database, table="made")
    assert (missing.state, missing.found) == ("bad", "does not exist")
    [before] = _found(database, table="made", create=True)
    assert (before.state, before.found) == ("ok", "will be created when the job starts")
    [after] = _found(database, table="made", create=True, key="id", prepare=True)
    assert after.state == "ok", after
    assert _found(database, table="made", key="id") == [after]
    assert _found(database, CHANGES, table="made", key="id") == [after]


def test_a_name_is_never_part_of_a_statement_unquoted(database: Database) -> None:
    name = 'a"; DROP TABLE x; --'
    [made] = _found(database, table=name, create=True, prepare=True)
    assert made.state == "ok", made
    assert database.query("SELECT relname FROM pg_class WHERE relname LIKE 'a\"%'") == [[name]]


def test_each_difference_is_found(database: Database) -> None:
    database.query(
        'CREATE TABLE orders (id int, "Name" text, price numeric(10,1), needed int NOT NULL, filled int NOT NULL DEFAULT 1)'
    )
    found = [(one.found, one.do) for one in _found(database, key="id")]
    assert found == [
        (
            'the column "id" has the type integer, which cannot hold every bigint',
            "change its type to bigint, or cast the column in the job",
        ),
        ('has no column "name"', 'did you mean "Name"?'),
        (
            'the column "price" has the type numeric(10,1), which cannot hold every decimal(10, 2)',
            "change its type to numeric(10,2), or cast the column in the job",
        ),
        (
            'the column "needed" is NOT NULL without a default, and the rows do not have it',
            "add the column to the rows, or a default to the table",
        ),
        (
            "key: [id] is neither its primary key nor a unique index (no unique columns)",
            "name the columns of a primary key or unique index, or create one",
        ),
    ]


def test_a_unique_index_is_a_key_and_a_partial_one_is_not(database: Database) -> None:
    database.query(
        "CREATE TABLE indexed (id bigint, name text, price numeric(10,2))",
        "CREATE UNIQUE INDEX ON indexed (id, name)",
        "CREATE UNIQUE INDEX ON indexed (price) WHERE price > 0",
    )
    assert [one.state for one in _found(database, table="indexed", key=["name", "id"])] == ["ok"]
    [partial] = _found(database, table="indexed", key="price")
    assert "neither its primary key nor a unique index (id, name)" in partial.found


def test_missing_rights_are_found(database: Database) -> None:
    database.query(
        "CREATE TABLE guarded (id bigint PRIMARY KEY, name text, price numeric(10,2))",
        f"CREATE USER reader PASSWORD '{database.password}'",
        "GRANT SELECT ON guarded TO reader",
    )
    [rights] = _found(database, table="guarded", user="reader")
    assert rights.found == "the user may not INSERT"
    [rights] = _found(database, CHANGES, table="guarded", user="reader", key="id")
    assert rights.found == "the user may not INSERT, UPDATE, DELETE"


def test_a_wrong_password_is_shown_in_the_words_of_the_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD_OF_TEST", "battery staple")
    [rejected] = _found(database)
    assert 'password authentication failed for user "penstock"' in rejected.found
    assert rejected.do == "start the server, or correct url, user, password and tls"
    assert "battery" not in str(rejected)


def test_a_server_that_is_down_is_found_within_15_seconds(database: Database) -> None:
    begun = time.monotonic()
    [down] = _found(database, url=f"postgresql://127.0.0.1:{free_port()}/postgres")
    assert "Check that the hostname and port are correct" in down.found
    assert time.monotonic() - begun < 15


def test_with_tls_the_certificate_and_the_host_of_the_server_are_verified(database: Database, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("the command openssl, which creates the certificate, is not installed")
    _certificate(database.folder / "data", "IP:127.0.0.1")
    allowed = database.folder / "data/pg_hba.conf"
    allowed.write_text("hostnossl all careful 127.0.0.1/32 reject\n" + allowed.read_text())
    database.query(
        f"CREATE USER careful SUPERUSER PASSWORD '{database.password}'",
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf()",
    )
    ca = tmp_path / "ca.pem"
    ca.write_bytes((database.folder / "data/server.crt").read_bytes())
    tables: dict[str, Any] = {"table": "secure", "create": True}
    for _ in range(50):  # the server reads its configuration some milliseconds later
        [found] = _found(database, **tables, user="careful", prepare=True, tls={"ca": str(ca)})
        if found.state == "ok":
            break
        time.sleep(0.1)
    assert found.state == "ok", found
    [open_text] = _found(database, **tables, user="careful")
    assert "careful" in open_text.found and "no encryption" in open_text.found
    [untrusted] = _found(database, **tables, tls=True)
    assert "unable to find valid certification path" in untrusted.found
    assert database.address
    [other] = _found(database, **tables, tls={"ca": str(ca)}, url=database.address.replace("127.0.0.1", "localhost"))
    assert "hostname" in other.found.lower() or "certificate" in other.found.lower(), other


def _certificate(folder: Path, name: str) -> None:
    """Create a certificate that signs itself, and its key, for the user that runs the server."""
    key, certificate = folder / "server.key", folder / "server.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=postgres", "-addext",
         f"subjectAltName={name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    owner = folder.stat()
    for file in (key, certificate):
        os.chown(file, owner.st_uid, owner.st_gid)
        file.chmod(0o600)
