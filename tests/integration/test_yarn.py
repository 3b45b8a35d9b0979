"""A job on YARN in application mode: a real ResourceManager and NodeManager, in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli import ROOT, penstock
from small_job import small_job

from penstock.connectors.runtime.home import flink_home, java_home
from penstock.connectors.runtime.jars import jars
from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.processes import Process, spawn

pytestmark = pytest.mark.skipif(
    not os.environ.get("PENSTOCK_YARN"), reason="PENSTOCK_YARN=1 runs it: it fetches 85 MB of Hadoop and takes a minute"
)


@pytest.fixture(scope="module")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a Hadoop client of a running cluster."""
    folder = tmp_path_factory.mktemp("yarn")
    java = java_home() / "bin" / "java"
    class_path = os.pathsep.join(map(str, [*jars(["yarn"]), *sorted((flink_home() / "lib").glob("log4j-*.jar"))]))
    source = ROOT / "tests/support/java/MiniYarn.java"
    compiler = jars(["ecj"])[0]
    subprocess.run(
        [java, "-jar", compiler, "-17", "-nowarn", "-proc:none", "-d", folder / "classes", "-cp", class_path, source],
        check=True,
    )
    for name in ("conf", "work"):
        (folder / name).mkdir()
    opens = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("lang", "util")]
    command: list[str | Path] = [
        java,
        "-Xmx700m",
        *opens,
        "-cp",
        f"{folder / 'classes'}:{class_path}",
        "MiniYarn",
        folder / "conf/yarn-site.xml",
    ]
    environ = {**os.environ, "JAVA_HOME": str(java_home())}
    process: Process = spawn(command, folder / "yarn.log", environ, folder / "work")
    until = time.monotonic() + 60
    while not (folder / "conf/yarn-site.xml").exists() or not (folder / "conf/yarn-site.xml").stat().st_size:
        assert time.monotonic() < until, (folder / "yarn.log").read_text()[-2000:]
        time.sleep(0.5)
    yield {
        "HADOOP_CONF_DIR": str(folder / "conf"),
        "HADOOP_CLASSPATH": class_path,
        "YARN_PYTHON": sys.executable,
    }
    process.stop()


def test_a_job_runs_and_ends_in_application_mode(hadoop: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def twice(a):\n    return 2 * a\n")
    source = {
        "datagen": {"columns": {"a": "int"}, "rows_per_second": 50, "rows": 500, "fields": {"a": {"min": 1, "max": 9}}}
    }
    job = {"map": {"function": "mine.twice", "of": "a", "to": "b", "type": "int"}}
    file = small_job(tmp_path, "on-yarn", source=source, job=job, sink={"files": {"path": str(tmp_path / "out")}})
    done = penstock("submit", file, "--target", "yarn", "--output", "json", cwd=tmp_path, **hadoop)
    assert done.returncode == 0, done.stderr
    started = json.loads(done.stdout)
    assert started["job_id"].startswith("application_")
    flink = Flink(started["address"])
    until = time.monotonic() + 60
    while not any(one.state == "RUNNING" for one in flink.jobs()):
        assert time.monotonic() < until
        time.sleep(0.5)
    [live] = flink.jobs()
    status = penstock("status", "on-yarn", "--output", "json", cwd=tmp_path, FLINK=started["address"])
    assert json.loads(status.stdout)["job_id"] == live.id
    rows: list[dict[str, int]] = []
    while len(rows) < 500:
        assert time.monotonic() < until + 60
        parts = [part for part in (tmp_path / "out").rglob("part-*") if not part.name.startswith(".")]
        rows = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
        time.sleep(0.5)
    assert all(row["b"] == 2 * row["a"] for row in rows)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    done = penstock("submit", small_job(tmp_path), "--target", "yarn", cwd=tmp_path, HADOOP_CONF_DIR="")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "HADOOP_CONF_DIR is not set")
