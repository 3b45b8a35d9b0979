"""Packages of jobs that are made by hand: without jars, and without the code of Penstock."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

from penstock.connectors.runtime.home import flink_version
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.records import Action, State, Version

JOB: dict[str, Any] = {
    "name": "small",
    "source": {"datagen": {"columns": {"id": "bigint", "text": "string"}, "rows_per_second": 50}},
    "job": {"dedup": {"key": "id", "keep": "first", "ttl": "1 h"}},
    "sink": {"blackhole": {}},
}


def package(job: Mapping[str, Any] = JOB, code: Mapping[str, str] | None = None, **manifest: Any) -> Package:
    """The package of a job file as plain data. `code` maps paths below `code/` to Python; `manifest` replaces keys of the manifest."""
    entries = {"job.json": json.dumps(dict(job)).encode()}
    entries |= {f"code/{path}": text.encode() for path, text in (code or {}).items()}
    made = {
        "format": 1,
        "name": job["name"],
        "penstock": importlib.metadata.version("penstock"),
        "flink": flink_version(),
        "python": "3.12",
        "jars": {},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(entries.items())},
    }
    return Package({**made, **manifest}, entries, {})


def deployed(
    ledger: Ledger, packed: Package, state: State = State.RUNNING, target: str = "session", job_id: str = "a" * 32,
    savepoint: str | None = None, note: str | None = None,
) -> int:  # fmt: skip
    """Write a deployment of a package, and its archive, into a ledger; its number."""
    name = f"{packed.config_hash[:8]}-{packed.code_hash[:8]}.zip"
    packed.write(ledger.folder / "packages" / name)
    version = Version(packed.name, packed.config_hash, packed.code_hash, packed.versions, (), name, job_id, None)
    number = ledger.add(Action.SUBMIT, target, version)
    ledger.update(number, state, savepoint, note)
    return number
