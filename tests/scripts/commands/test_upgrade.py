from __future__ import annotations

from brokers import Stack
from small_job import small_job


def test_an_unsafe_upgrade_is_refused_and_the_job_runs_on(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    other = small_job(stack.folder, job={"dedup": {"key": "text", "keep": "first", "ttl": "1 h"}})
    plan = stack.penstock("plan", other, "--against", "session")
    assert plan.returncode == 4
    assert "would be dropped: its key, window, aggregate or columns changed" in plan.stdout
    done = stack.penstock("upgrade", other)
    assert done.returncode == 4
    assert "small: the upgrade is unsafe, and nothing was done\n" in done.stderr
    assert stack.live("small") == [job_id]
    forced = stack.json("upgrade", other, "--drop-state", "--checkpoints", "1")
    assert stack.live("small") == [forced["job_id"]]


def test_the_same_job_is_no_change(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    plan = stack.penstock("plan", stack.folder / "small.yaml", "--against", "session")
    assert plan.returncode == 0, plan.stdout + plan.stderr
    assert plan.stdout.splitlines()[-1] == "the same"
    [job_id] = stack.live("small")
    done = stack.penstock("upgrade", stack.folder / "small.yaml")
    assert done.stdout.splitlines()[-2:] == ["the same", f"small is RUNNING as {job_id}"]
