from __future__ import annotations

import pytest
from brokers import Stack
from small_job import small_job


@pytest.mark.slow
def test_back_to_the_version_before(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    none = stack.penstock("rollback", "small")
    assert (none.returncode, none.stderr.splitlines()[0]) == (1, "small: there is no earlier version")
    faster = {"datagen": {"columns": {"id": "bigint", "text": "string"}, "rows_per_second": 60}}
    stack.json("upgrade", small_job(stack.folder, source=faster), "--checkpoints", "1")
    back = stack.json("rollback", "small", "--checkpoints", "1")
    assert back["changes"]["config"] == {"source.datagen.rows_per_second": [60, 50]}
    assert stack.live("small") == [back["job_id"]]
    forth = stack.penstock("rollback", "small", "--checkpoints", "1", "--hold", "0")
    assert forth.stdout.splitlines()[-2] == "rolled back; all state was kept"
