from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cli import penstock


def test_every_shipped_job_file_is_good() -> None:
    done = penstock("validate", "conf/jobs")
    assert done.returncode == 0, done.stderr
    assert all(line.endswith(": ok") for line in done.stdout.splitlines())


def test_errors_of_several_files_come_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("name: X\n")
    done = penstock("validate", tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path}/a.yaml:1:7: name" in done.stderr
    assert f"{tmp_path}/b.yaml:1:7: name" in done.stderr


def test_hidden_folders_are_read_only_when_they_are_named(tmp_path: Path) -> None:
    for name in ("a.yaml", ".penstock/b.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("name: X\n")
    everything = penstock("validate", ".", cwd=tmp_path).stderr
    assert "a.yaml:1:7: name" in everything
    assert ".penstock" not in everything
    assert ".penstock/b.yaml:1:7: name" in penstock("validate", ".penstock", cwd=tmp_path).stderr


def test_a_function_that_is_not_there_is_found_without_running_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit('this module must not run')\ndef ratio(a): ...\n")
    job = "name: x\nsource: {values: {columns: {a: int}, rows: []}}\n"
    job += "job:\n  map: {function: mine.ration, of: a, to: b, type: int}\nsink: {console: {}}\n"
    (tmp_path / "x.yaml").write_text(job)
    done = penstock("validate", "x.yaml", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == "x.yaml:4:19: job.map.function"
    assert 'do       did you mean "ratio"?' in done.stderr


def test_no_jvm_and_no_pyflink_is_needed() -> None:
    code = "import sys; from scripts.config.load import load; from pathlib import Path; load(Path('conf/jobs/dedup.yaml'));"
    code += "print(sorted({'pyflink', 'py4j', 'pandas', 'kafka', 'numpy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout == "[]\n"


def test_test_files_are_checked_too_so_that_a_glob_of_all_files_works() -> None:
    files = sorted(str(file) for file in Path("conf/jobs").glob("*.yaml"))
    assert any(file.endswith("_test.yaml") for file in files)
    done = penstock("validate", *files)
    assert done.returncode == 0, done.stderr
    assert "conf/jobs/dedup_test.yaml: ok (5 tests)" in done.stdout


def test_a_path_that_only_a_cluster_can_read_is_reported(tmp_path: Path) -> None:
    job = "name: x\nsource: {files: {path: 's3://bucket/in', columns: {a: string}}}\n"
    (tmp_path / "x.yaml").write_text(f"{job}job: {{uppercase_filter: {{column: a}}}}\nsink: {{console: {{}}}}\n")
    done = penstock("validate", "x.yaml", cwd=tmp_path)
    assert done.stdout == "x.yaml: ok (needs a cluster with a file system for s3; `run` has none)\n"
    ran = penstock("run", "x.yaml", cwd=tmp_path)
    assert ran.returncode == 1
    assert "found    a run on this machine, where Flink has no file system for " in ran.stderr
