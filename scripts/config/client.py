"""The small file that tells commands without a job file how to log in to brokers."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.connectors.base.config import Config
from penstock.connectors.kafka.security import Security
from penstock.scripts.config.load import validated
from penstock.scripts.config.tree import read
from penstock.scripts.config.variables import substitute


class ClientFile(Config):
    """What `--security` names."""

    security: Security
    """As in a job file's Kafka source or sink."""


def security_file(file: Path) -> Security:
    """The `security:` of a file. Raises ConfigError."""
    tree = read(file)
    substitute(tree, os.environ)
    return validated(tree, ClientFile).security
