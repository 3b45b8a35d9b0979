from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from brokers import Stack
from small_job import small_job


@pytest.mark.slow
def test_functions_run_with_nothing_but_what_travels(stack: Stack) -> None:
    """The worker's Python is one without packages: it finds PyFlink and all else in the archive."""
    packed = stack.json("environment", "environment.zip")
    target = {
        "address": stack.flink,
        "python": packed["python"],
        "python_archive": str(stack.folder / "environment.zip"),
    }
    (stack.folder / "target.yaml").write_text(yaml.safe_dump({"target": {"session": target}}))
    (stack.folder / "mine.py").write_text(WHERE)
    source = {"datagen": {"columns": {"a": "int"}, "rows_per_second": 100, "rows": 100}}
    job = {"map": {"function": "mine.where", "of": "a", "to": "found", "type": "string"}}
    file = small_job(stack.folder, "bare", source=source, job=job, sink={"files": {"path": str(stack.folder / "out")}})
    stack.json("submit", file, "--target", "target.yaml")
    stack.until(lambda: not stack.live("bare"))
    rows = "".join(part.read_text() for part in Path(stack.folder / "out").glob("part-*"))
    assert rows.count("site-packages/pyflink") == 100
    assert "environment.zip" in rows


WHERE = "def where(a):\n    import pyflink\n    return pyflink.__file__\n"
