"""A table of a real MariaDB, compared with the rows of a job. tests/integration/test_mysql.py writes a value of each type."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed
from local_servers import running

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import parse
from penstock.connectors.jdbc.mysql import MysqlSink
from penstock.connectors.jdbc.mysql_dialect import MYSQL
from penstock.connectors.jdbc.table import Column
from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.processes import free_port

ROWS = Columns({"id": parse("bigint"), "name": parse("string"), "price": parse("decimal(10, 2)")})
CHANGES = Columns(ROWS.types, changelog=True, key=("id",))


@pytest.fixture(scope="module")
def database() -> Iterator[MariaDb]:
    with running(MariaDb) as server:
        yield server


@pytest.fixture(autouse=True)
def password(database: MariaDb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_TEST", database.password)


def _found(database: MariaDb, rows: Columns = ROWS, prepare: bool = False, **keys: Any) -> list[Finding]:
    base = {"url": database.address, "table": "orders", "user": "penstock", "password": "${env:PASSWORD_OF_TEST}"}
    return list(MysqlSink.model_validate({**base, **keys}).compare(rows, prepare))


def test_a_table_that_does_not_exist_is_created_only_if_the_job_file_says_so(database: MariaDb) -> None:
    [missing] = _found(database, table="made")
    assert (missing.state, missing.found) == ("bad", "does not exist")
    [before] = _found(database, table="made", create=True)
    assert (before.state, before.found) == ("ok", "will be created when the job starts")
    [after] = _found(database, table="penstock.made", create=True, key=["id", "name"], prepare=True)
    assert after.state == "ok", after
    [again] = _found(database, table="made", key=["id", "name"])
    assert again.state == "ok", again
    [other] = _found(database, table="Made")
    assert other.found == "does not exist"


def test_a_name_is_never_part_of_a_statement_unquoted(database: MariaDb) -> None:
    name = "order by $ü --"
    [made] = _found(database, table=name, create=True, prepare=True)
    assert made.state == "ok", made
    assert database.query("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'order by%'") == [
        [name]
    ]


def test_each_difference_is_found(database: MariaDb) -> None:
    database.query(
        "CREATE TABLE orders (id int, Nome text, price decimal(10,1), needed int NOT NULL, filled int NOT NULL DEFAULT 1)"
    )
    found = [(one.found, one.do) for one in _found(database, key="id")]
    assert found == [
        (
            'the column "id" has the type int(11), which cannot hold every bigint',
            "change its type to bigint, or cast the column in the job",
        ),
        ('has no column "name"', 'did you mean "Nome"?'),
        (
            'the column "price" has the type decimal(10,1), which cannot hold every decimal(10, 2)',
            "change its type to decimal(10,2), or cast the column in the job",
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


def test_a_unique_index_beside_the_key_is_found_unless_new_rows_never_meet_it(database: MariaDb) -> None:
    columns = "name varchar(9) COLLATE utf8mb4_nopad_bin NOT NULL, price decimal(10,2)"
    database.query(
        f"CREATE TABLE wider (id bigint PRIMARY KEY, {columns}, UNIQUE (id, name))",
        f"CREATE TABLE two (id bigint PRIMARY KEY, {columns}, UNIQUE by_name (name))",
        f"CREATE TABLE counted (n bigint AUTO_INCREMENT PRIMARY KEY, id bigint NOT NULL UNIQUE, {columns})",
        f"CREATE TABLE prefix (id bigint NOT NULL, {columns}, UNIQUE (name(3)))",
    )
    assert [one.state for one in _found(database, table="wider", key="id")] == ["ok"]
    assert [one.state for one in _found(database, table="counted", key="id")] == ["ok"]
    [two] = _found(database, table="two", key="id")
    assert (
        two.found
        == "beside the key it has the unique index by_name (name): rows would replace those that are equal there"
    )
    assert [one.state for one in _found(database, table="two")] == ["ok"]
    [prefix] = [one for one in _found(database, table="prefix", key="name") if "neither" in one.found]
    assert prefix.state == "bad"


@pytest.mark.parametrize(
    ("collation", "state"), [("utf8mb4_general_ci", "bad"), ("utf8mb4_bin", "warn"), ("utf8mb4_nopad_bin", "ok")]
)
def test_in_the_collation_of_a_key_only_identical_texts_are_equal(
    database: MariaDb, collation: str, state: str
) -> None:
    table = f"by_{collation}"
    database.query(
        f"CREATE TABLE {table} (name varchar(9) COLLATE {collation} PRIMARY KEY, id bigint, price decimal(10,2))"
    )
    [found] = _found(database, table=table, key="name")
    assert found.state == state, found


def test_an_engine_without_transactions_needs_a_key(database: MariaDb) -> None:
    database.query("CREATE TABLE old (id bigint PRIMARY KEY, name text, price decimal(10,2)) ENGINE MyISAM")
    [found] = _found(database, table="old")
    assert found.found.startswith("its engine MyISAM has no transactions")
    assert [one.state for one in _found(database, table="old", key="id")] == ["ok"]


def test_missing_rights_are_found(database: MariaDb) -> None:
    database.query(
        "CREATE TABLE guarded (id bigint PRIMARY KEY, name text, price decimal(10,2))",
        f"CREATE USER reader IDENTIFIED BY '{database.password}'",
        "GRANT SELECT ON guarded TO reader",
        f"CREATE USER writer IDENTIFIED BY '{database.password}'",
        "GRANT INSERT (id, name, price), UPDATE, DELETE, SELECT ON guarded TO writer",
    )
    [rights] = _found(database, table="guarded", user="reader")
    assert rights.found == "the user may not INSERT"
    [rights] = _found(database, CHANGES, table="guarded", user="reader", key="id")
    assert rights.found == "the user may not INSERT, UPDATE, DELETE"
    assert [one.state for one in _found(database, CHANGES, table="guarded", user="writer", key="id")] == ["ok"]


def test_a_wrong_password_is_shown_in_the_words_of_the_server(
    database: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_OF_TEST", "battery staple")
    [rejected] = _found(database)
    assert "Access denied for user 'penstock'" in rejected.found
    assert rejected.do == "start the server, or correct url, user, password and tls"
    assert "battery" not in str(rejected)


def test_a_server_that_is_down_is_found_within_15_seconds(database: MariaDb) -> None:
    begun = time.monotonic()
    url = f"mysql://127.0.0.1:{free_port()}/penstock"
    [down] = _found(database, url=url)
    assert down.found.startswith(f"{url} cannot be used: ") and "Connection refused" in down.found
    assert time.monotonic() - begun < 15


@pytest.mark.slow
def test_with_tls_the_certificate_and_the_host_of_the_server_are_verified(
    database: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ca, key), (other_ca, _) = (
        self_signed(tmp_path / "one", "IP:127.0.0.1"),
        self_signed(tmp_path / "other", "IP:127.0.0.1"),
    )
    database.stop()
    for file, name in ((ca, "cert"), (key, "key")):
        copied = Path(shutil.copy(file, database.folder / name))
        shutil.chown(copied, *database.folder.stat()[4:6])
    options = ["--ssl", f"--ssl-cert={database.folder / 'cert'}", f"--ssl-key={database.folder / 'key'}"]
    usual = MariaDb.command
    monkeypatch.setattr(MariaDb, "command", lambda self, programs, port: [*usual(self, programs, port), *options])
    database.start()
    database.query(
        f"CREATE USER careful IDENTIFIED BY '{database.password}' REQUIRE SSL", "GRANT ALL ON *.* TO careful"
    )
    tables: dict[str, Any] = {"table": "secure", "create": True}
    [found] = _found(database, **tables, user="careful", prepare=True, tls={"ca": str(ca)})
    assert found.state == "ok", found
    [open_text] = _found(database, **tables, user="careful")
    assert "Access denied for user 'careful'" in open_text.found
    [untrusted] = _found(database, **tables, tls={"ca": str(other_ca)})
    assert untrusted.state == "bad" and "PKIX" in untrusted.found, untrusted
    [proven] = _found(database, **tables, tls=True)  # MariaDB 11.4 proves its certificate with the password of the user
    assert proven.state == "ok", proven
    assert database.address
    [other] = _found(database, **tables, tls={"ca": str(ca)}, url=database.address.replace("127.0.0.1", "localhost"))
    assert other.state == "bad" and "localhost" in other.found, other


def test_a_default_of_mysql_8_is_not_a_generated_column() -> None:
    """What MySQL 8 answers; the other tests ask MariaDB."""
    described: list[list[str | None]] = [
        ["id", "bigint", "bigint", "0", "0", "auto_increment", None],
        ["at", "datetime", "datetime(3)", "0", "1", "DEFAULT_GENERATED", None],
        ["twice", "int", "int", "1", "0", "STORED GENERATED", None],
    ]
    found = MYSQL.existing("table x", [described, [], [], []], ROWS, [])
    assert found
    assert {name: (one.filled, one.generated) for name, one in found.columns.items()} == {
        "id": (True, False),
        "at": (True, False),
        "twice": (False, True),
    }


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("string", "longtext"), ("varchar(3)", "longtext"), ("boolean", "boolean"), ("tinyint", "tinyint"), ("int", "int"),
        ("bigint", "bigint"), ("float", "float"), ("double", "double"), ("decimal(10, 2)", "decimal(10,2)"), ("date", "date"),
        ("time", "time"), ("timestamp(3)", "datetime(3)"), ("timestamp_ltz(9)", "datetime(6)"), ("bytes", "longblob"),
        ("array<string>", "json"), ("map<string, int>", "json"), ("row<a int>", "json"),
    ],
)  # fmt: skip
def test_a_new_table_has_the_type_that_holds_every_value(kind: str, column: str) -> None:
    assert MYSQL.new(parse(kind)).partition(" ")[0] == column
    name = {"boolean": "tinyint"}.get(column, column.partition("(")[0])
    assert MYSQL.fits(parse(kind), Column(name, column, True))


@pytest.mark.parametrize(
    ("kind", "name", "shown", "expected"),
    [
        ("string", "enum", "enum('a')", True),
        ("string", "int", "int(11)", False),
        ("bigint", "int", "int(11)", False),
        ("bigint", "bigint", "bigint(20) unsigned", False),
        ("smallint", "mediumint", "mediumint(9)", True),
        ("int", "decimal", "decimal(9,0)", False),
        ("bigint", "decimal", "decimal(21,2)", True),
        ("decimal(10, 2)", "decimal", "decimal(12,4)", True),
        ("decimal(10, 2)", "decimal", "decimal(10,4)", False),
        ("double", "float", "float", False),
        ("timestamp(3)", "datetime", "datetime", False),
        ("timestamp(3)", "timestamp", "timestamp(3)", False),
        ("timestamp_ltz(3)", "timestamp", "timestamp(6)", True),
        ("bytes", "binary", "binary(4)", False),
        ("array<int>", "longtext", "longtext", True),
        ("array<int>", "text", "text", False),
    ],
)  # fmt: skip
def test_a_column_fits_if_it_can_hold_every_value(kind: str, name: str, shown: str, expected: bool) -> None:
    assert MYSQL.fits(parse(kind), Column(name, shown, True)) is expected
