"""The Python interface works as its documentation page shows it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from brokers import Stack
from cli import ENVIRON, ROOT
from small_job import small_job


@pytest.mark.slow
def test_the_code_of_the_page_runs_unchanged(stack: Stack) -> None:
    small_job(stack.folder).rename(stack.folder / "job.yaml")
    [code] = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/deploy/python.md").read_text("utf-8"), re.M | re.S)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=stack.folder,
        env={**ENVIRON, **stack.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, same, resumed = done.stdout.splitlines()
    assert first.split()[0] == "".join(filter(str.isalnum, first.split()[0]))
    assert (same, resumed) == ("True", "True")
    assert len(stack.live("small")) == 1
