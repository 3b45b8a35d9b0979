"""What tests share: one mini-cluster for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from scripts.local.shared import SharedCluster

ROOT = Path(__file__).parent.parent

settings.register_profile("quick", deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
settings.load_profile("quick")
os.environ.setdefault("PYTHONHASHSEED", "0")


@pytest.fixture(scope="session")
def cluster() -> Iterator[SharedCluster]:
    """One mini-cluster with the Kafka connector, for all tests of this run."""
    with SharedCluster(("penstock", "kafka")) as shared:
        yield shared
