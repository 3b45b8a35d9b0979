"""The database servers of a stack by their names."""

from __future__ import annotations

from penstock.scripts.stack.database import Database
from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.postgres import Postgres

DATABASES: dict[str, type[Database]] = {one.name: one for one in (Postgres, MariaDb)}
