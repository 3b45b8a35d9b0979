from __future__ import annotations

import shutil
from pathlib import Path

from cli import ROOT, penstock


def test_what_init_makes_runs_and_passes_its_test(tmp_path: Path) -> None:
    made = penstock("init", "order_texts", cwd=tmp_path)
    assert made.stdout == "made order_texts.yaml\nmade order_texts_test.yaml\nmade order_texts.jsonl\n"
    assert (
        penstock("run", "order_texts.yaml", cwd=tmp_path).stdout
        == '{"id":1,"text":"APPLE"}\n{"id":3,"text":"AVOCADO"}\n'
    )
    assert penstock("test", "order_texts.yaml", cwd=tmp_path).returncode == 0


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    penstock("init", "one", cwd=tmp_path)
    again = penstock("init", "one", cwd=tmp_path)
    assert (again.returncode, again.stderr.splitlines()[0]) == (2, "init: one.yaml exists already")


def test_a_bad_name_is_refused(tmp_path: Path) -> None:
    assert penstock("init", "../x", cwd=tmp_path).returncode == 2
    assert not list(tmp_path.iterdir())


def test_a_new_kind_of_job_is_registered_and_passes(tmp_path: Path) -> None:
    for name in ("penstock", "jobs", "connectors", "udfs", "scripts", "conf", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    made = penstock("init", "flip", "--python", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert made.returncode == 0, made.stderr
    assert "changed jobs/__init__.py" in made.stdout
    assert all(
        (tmp_path / path).is_file()
        for path in ("jobs/flip.py", "tests/jobs/test_flip.py", "docs/jobs/flip.md", "conf/jobs/flip.yaml")
    )
    done = penstock("test", "conf/jobs/flip.yaml", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        penstock("run", "conf/jobs/flip.yaml", cwd=tmp_path, PYTHONPATH=str(tmp_path)).stdout
        == '{"id":1,"text":"elppa"}\n{"id":2,"text":"raep"}\n'
    )
