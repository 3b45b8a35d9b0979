"""The small file that tells commands without a job file how to log in to brokers."""

from __future__ import annotations

import os
from pathlib import Path

from connectors.base.config import Config
from connectors.kafka.security import Security
from scripts.config.load import validated
from scripts.config.tree import read
from scripts.config.variables import substitute


class ClientFile(Config):
    """What `--security` names."""

    security: Security
    """As in a job file's Kafka source or sink."""


def security_file(file: Path) -> Security:
    """The `security:` of a file. Raises ConfigError."""
    tree = read(file)
    substitute(tree, os.environ)
    return validated(tree, ClientFile).security
