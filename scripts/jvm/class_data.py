"""A class archive (application class-data sharing): the JVM maps Flink's classes instead of reading 7,000 of them from jars.

`python -m penstock.scripts.jvm.class_data` makes it, once per Flink, Java and own jar; set-up does. Runs use it when it is there and are
slower, not wrong, when it is not. Two things make it possible: a fixed class path (connector jars come after it), and the
planner's jar on it, which Flink otherwise unpacks into a class loader of its own at every start.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from penstock.connectors.base.problems import PenstockError
from penstock.connectors.runtime.home import cache_dir, flink_home, flink_version, java_home
from penstock.connectors.runtime.jars import jars, writable

_PLANNER = "flink-table-planner.jar"
_TRAINING = """
name: training
source: {values: {columns: {k: string, n: bigint, at: timestamp_ltz(3)}, rows: [[a, 1, "2026-01-01T00:00:00Z"]], event_time: {column: at}}}
job:
  - uppercase_filter: {column: k, keep: {starts_with: A}}
  - rolling_sum: {key: k, value: n, window: {tumble: 60 s}}
sink: {console: {}}
dead_letters: {blackhole: {}}
"""


def home() -> Path:
    """Where the class path and its archive are, for this Flink, this Java and our own jar."""
    [ours] = jars(["penstock"])
    text = f"{flink_version()} {flink_home()} {java_home()} {ours}"
    return cache_dir() / "jvm" / hashlib.sha256(text.encode()).hexdigest()[:16]


def lib(folder: Path) -> Path:
    """The fixed part of the class path: Flink's jars (the planner unpacked) and ours, made once."""
    made = folder / "lib"
    if not made.is_dir():
        with writable(folder) as scratch:
            new = Path(scratch) / "lib"
            new.mkdir()
            for jar in (flink_home() / "lib").glob("*.jar"):
                if jar.name.startswith("flink-table-planner-loader"):
                    with zipfile.ZipFile(jar) as archive:
                        archive.extract(_PLANNER, new)
                else:
                    (new / jar.name).symlink_to(jar)
            [ours] = jars(["penstock"])
            (new / ours.name).symlink_to(ours)
            try:
                new.rename(made)
            except OSError:
                if not made.is_dir():  # another run was first: its folder is as good
                    raise
    return made


def options(folder: Path) -> list[str]:
    """The JVM's options to use the archive, where it is there."""
    archive = folder / "classes.jsa"
    return (
        [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:class+path=off"]
        if archive.exists()
        else []
    )


def make() -> Path:
    """Run a small job, note the classes it loads, and archive them. Raises RunError or CalledProcessError."""
    folder = home()
    archive = folder / "classes.jsa"
    if archive.exists():
        return archive
    path = lib(folder)
    with writable(folder) as scratch:
        seen, new, job = (Path(scratch) / name for name in ("classes.lst", "classes.jsa", "training.yaml"))
        job.write_text(_TRAINING, encoding="utf-8")
        environ = {**os.environ, "PENSTOCK_JVM_ARGS": f"-Xshare:off -XX:DumpLoadedClassList={seen}"}
        run = [sys.executable, "-m", "penstock.scripts.main", "run", str(job), "--quiet"]
        subprocess.run(run, env=environ, check=True, capture_output=True, cwd=Path(__file__).parents[3])
        _own_classes(seen)
        command = [java_home() / "bin" / "java", "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedClassListFile={seen}"]
        target = [f"-XX:SharedArchiveFile={new}", "-cp", class_path(path)]
        subprocess.run(
            [str(part) for part in (*command, *target)], check=True, capture_output=True, cwd=tempfile.gettempdir()
        )
        new.rename(archive)
    return archive


def _own_classes(seen: Path) -> None:
    """Wait until the JVM has written its list, and keep what the class path's own loader can load again."""
    size = -1
    while seen.stat().st_size != size:
        size = seen.stat().st_size
        time.sleep(1)
    lines = seen.read_text(encoding="utf-8").splitlines(keepends=True)
    seen.write_text(
        "".join(line for line in lines if " source: " not in line and "$Proxy" not in line), encoding="utf-8"
    )


def class_path(lib_folder: Path) -> str:
    """The class path as PyFlink will write it: the archive is good for exactly this beginning."""
    from pyflink.pyflink_gateway_server import construct_flink_classpath

    return str(
        construct_flink_classpath({"FLINK_LIB_DIR": str(lib_folder), "FLINK_OPT_DIR": str(flink_home() / "opt")})
    )


def main() -> None:
    """Make the archive; a failure is a text on standard error and exit code 1."""
    try:
        make()
    except PenstockError as problem:
        sys.exit(str(problem))
    except subprocess.CalledProcessError as problem:
        sys.exit(problem.stderr.decode(errors="replace").strip() or str(problem))


if __name__ == "__main__":
    main()
