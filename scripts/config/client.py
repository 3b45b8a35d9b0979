"""The file with broker credentials for commands that take no job file."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.connectors.config.model import Config
from penstock.connectors.kafka.security import Security
from penstock.scripts.config.load import validated
from penstock.scripts.config.tree import read
from penstock.scripts.config.variables import substitute


class ClientFile(Config):
    """The file of the option `--security`."""

    security: Security
    """The same keys as `security` in the Kafka source or sink of a job file."""


def security_file(file: Path) -> Security:
    """Return the `security` section of a file. Raises ConfigError."""
    tree = read(file)
    substitute(tree, os.environ)
    return validated(tree, ClientFile).security
