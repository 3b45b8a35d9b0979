"""What tests share: one mini-cluster for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from penstock.scripts.jvm.gateway import SHORT_LIVED
from penstock.scripts.local.mini_cluster import MiniCluster

pytest_plugins = ["brokers", "secured"]
ROOT = Path(__file__).parent.parent

# With this variable each process compiles every module of the project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The JVMs of a test live for seconds.
os.environ.setdefault("PENSTOCK_JVM_ARGS", " ".join(SHORT_LIVED))

# The same examples each time, so that a change is judged by what it changes; PENSTOCK_RANDOM=1 looks for new ones.
_RANDOM = bool(os.environ.get("PENSTOCK_RANDOM"))
settings.register_profile(
    "ours", deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, derandomize=not _RANDOM
)
settings.load_profile("ours")
if not _RANDOM:
    # Hypothesis also tries the constants of each module that is imported already. These depend on the tests that ran before.
    providers._get_local_constants = Constants


@pytest.fixture(scope="session")
def cluster() -> Iterator[MiniCluster]:
    """One mini-cluster with every jar that a job may need, for all tests of this run."""
    with MiniCluster(("penstock", "penstock-kafka", "kafka", "avro", "parquet")) as shared:
        yield shared


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the many short files of `tests/scripts` last, so that two workers end at the same time."""
    items.sort(key=lambda item: item.path.is_relative_to(ROOT / "tests" / "scripts"))
