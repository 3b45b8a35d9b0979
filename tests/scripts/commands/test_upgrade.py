from __future__ import annotations

import pytest
from brokers import Stack
from small_job import small_job


@pytest.mark.slow
def test_an_upgrade_that_would_lose_state_is_rejected_and_the_job_runs_on(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    other = small_job(stack.folder, job={"dedup": {"key": "text", "keep": "first", "ttl": "1 h"}})
    plan = stack.penstock("plan", other, "--against", "session")
    assert plan.returncode == 4
    lost = "  ! lost: the values of id that came so far: a key that came before the upgrade counts as new ("
    assert f"{lost}the key, window, aggregates or columns changed)\n" in plan.stdout
    assert "  + new, starts empty: the values of text that came so far\n" in plan.stdout
    assert f"  do       penstock upgrade {other} --drop-state, to accept the loss\n" in plan.stdout
    done = stack.penstock("upgrade", other)
    assert done.returncode == 4
    assert f"small: the upgrade would lose state, so nothing was done\n{lost}" in done.stderr
    assert done.stderr.endswith(f"  do       penstock upgrade {other} --drop-state, to accept the loss\n")
    assert "small: planning\n" in done.stderr
    assert stack.penstock("upgrade", other, "--quiet").stderr.startswith("small: the upgrade would lose state")
    assert stack.live("small") == [job_id]
    forced = stack.json("upgrade", other, "--drop-state", "--checkpoints", "1")
    assert stack.live("small") == [forced["job_id"]]


@pytest.mark.slow
def test_the_same_job_file_changes_nothing(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    plan = stack.penstock("plan", stack.folder / "small.yaml", "--against", "session")
    assert plan.returncode == 0, plan.stdout + plan.stderr
    assert plan.stdout.splitlines()[-1] == "nothing changes"
    [job_id] = stack.live("small")
    done = stack.penstock("upgrade", stack.folder / "small.yaml")
    assert done.stdout.splitlines()[-2:] == ["nothing changed", f"small is RUNNING as {job_id}"]
    stack.json("stop", "small")
    again = stack.penstock("upgrade", stack.folder / "small.yaml", "--checkpoints", "1", "--hold", "0")
    assert again.stdout.splitlines()[-2] == "the same version was started again, with all of its state"


def test_the_upgrade_of_a_job_that_was_never_deployed_names_the_command_that_starts_it(stack: Stack) -> None:
    file = small_job(stack.folder)
    done = stack.penstock("upgrade", file, "--set", "flink.parallelism=1", "--quiet")
    assert (done.returncode, done.stderr) == (
        1,
        "no job named small was deployed to session\n  found    none\n"
        f"  do       penstock submit {file} --set flink.parallelism=1, to start it\n",
    )
