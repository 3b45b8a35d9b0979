from __future__ import annotations

import subprocess
from pathlib import Path

from cli import ENVIRON, PENSTOCK, penstock

from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import Action, Version, Versions


def completed(*words: str, cwd: Path, **environ: str) -> list[str]:
    """The values that the shell shows after these words; the last one is being typed."""
    shell = {
        "_PENSTOCK_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["penstock", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [PENSTOCK], cwd=cwd, env={**ENVIRON, **shell, **environ}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_and_job_files_are_completed(tmp_path: Path) -> None:
    assert completed("sub", cwd=tmp_path) == ["plain,submit"]
    (tmp_path / "conf/jobs").mkdir(parents=True)
    for name in ("one.yaml", "one_test.yaml", "two.yml", "notes.txt"):
        (tmp_path / "conf/jobs" / name).touch()
    (tmp_path / "mine.yaml").touch()
    assert completed("run", "", cwd=tmp_path) == [
        "plain,conf/jobs/one.yaml",
        "plain,conf/jobs/two.yml",
        "plain,mine.yaml",
    ]
    assert completed("submit", "conf/jobs/o", cwd=tmp_path) == ["plain,conf/jobs/one.yaml"]
    assert completed("validate", "elsewhere", cwd=tmp_path) == ["file,elsewhere"]


def test_targets_and_deployed_jobs_are_completed(tmp_path: Path) -> None:
    (tmp_path / "conf/targets").mkdir(parents=True)
    (tmp_path / "conf/targets/staging.yaml").touch()
    assert completed("submit", "--target", "s", cwd=tmp_path) == ["plain,session", "plain,staging"]
    assert completed("status", "", cwd=tmp_path) == []
    for folder in (".penstock", "other"):
        packed = Versions("0", "2.3.0", "3.11", {})
        version = Version(f"orders-{folder[-5:]}", "x", "x", packed, (), "p.zip", "x", None)
        Ledger(tmp_path / folder).add(Action.SUBMIT, "session", version)
    assert completed("status", "or", cwd=tmp_path) == ["plain,orders-stock"]
    assert completed("stop", "--ledger", "other", "", cwd=tmp_path) == ["plain,orders-other"]


def test_topics_are_completed_and_brokers_that_do_not_answer_are_silent(tmp_path: Path, kafka: str) -> None:
    penstock("topics", "create", "to-complete", "--bootstrap", kafka)
    assert "plain,to-complete" in completed("topics", "tail", "to-c", cwd=tmp_path, KAFKA=kafka)
    assert completed("topics", "tail", "", cwd=tmp_path, KAFKA="127.0.0.1:9") == []


def test_the_sources_jobs_and_sinks_of_a_new_job_file_are_completed(tmp_path: Path) -> None:
    assert completed("init", "mine", "--from", "fi", cwd=tmp_path) == ["plain,files"]
    assert completed("init", "mine", "--job", "ro", cwd=tmp_path) == ["plain,rolling_sum"]
    assert completed("init", "mine", "--to", "blackhole", cwd=tmp_path) == ["plain,blackhole"]
