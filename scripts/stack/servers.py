"""The servers of a stack by their names, other than Kafka and Flink."""

from __future__ import annotations

from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.mosquitto import Mosquitto
from penstock.scripts.stack.postgres import Postgres
from penstock.scripts.stack.rabbitmq import RabbitMq
from penstock.scripts.stack.server import LocalServer

SERVERS: dict[str, type[LocalServer]] = {one.name: one for one in (Postgres, MariaDb, RabbitMq, Mosquitto)}
