"""A class archive (application class-data sharing), from which the JVM maps Flink's classes instead of reading 7,000 of them from jars.

Set-up runs `python -m penstock.scripts.jvm.class_data`, which creates the archive once per version of Flink, Java and Penstock's own jar.
Without it runs start more slowly. It requires a fixed class path, so connector jars come after it. The jars of the planner and of the RPC
system are on that path, because Flink otherwise unpacks them into separate class loaders at every start (`RpcOnClassPath.java`).
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

from penstock.connectors.config.problems import PenstockError
from penstock.connectors.runtime.home import cache_dir, flink_home, flink_version, java_home
from penstock.connectors.runtime.jars import jars, writable

_INNER = {"flink-table-planner-loader": "flink-table-planner.jar", "flink-dist": "flink-rpc-akka.jar"}
"""Beginning of a jar's name to the jar inside it."""

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
    """Return the folder of the class path and its archive for this Flink, this Java and Penstock's own jar."""
    [ours] = jars(["penstock"])
    text = f"{flink_version()} {flink_home()} {java_home()} {ours}"
    return cache_dir() / "jvm" / hashlib.sha256(text.encode()).hexdigest()[:16]


def lib(folder: Path) -> Path:
    """Return the fixed part of the class path, created once: Flink's jars (with those inside them unpacked) and Penstock's own jar."""
    made = folder / "lib"
    if not made.is_dir():
        with writable(folder) as scratch:
            new = Path(scratch) / "lib"
            new.mkdir()
            for jar in (flink_home() / "lib").glob("*.jar"):
                for inner in (inner for name, inner in _INNER.items() if jar.name.startswith(name)):
                    with zipfile.ZipFile(jar) as archive:
                        archive.extract(inner, new)
                if not jar.name.startswith("flink-table-planner-loader"):
                    (new / jar.name).symlink_to(jar)
            [ours] = jars(["penstock"])
            (new / ours.name).symlink_to(ours)
            try:
                new.rename(made)
            except OSError:
                if not made.is_dir():  # another run created the same folder first
                    raise
    return made


def options(folder: Path) -> list[str]:
    """Return the JVM options for the archive; an empty list if it does not exist."""
    archive = folder / "classes.jsa"
    return (
        [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:class+path=off"]
        if archive.exists()
        else []
    )


def make() -> Path:
    """Run a small job, record the classes that it loads, and archive them. Raises RunError or CalledProcessError."""
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
    """Wait until the JVM has written its list, and keep the classes that the class loader of the class path can load again."""
    size = -1
    while seen.stat().st_size != size:
        size = seen.stat().st_size
        time.sleep(1)
    lines = seen.read_text(encoding="utf-8").splitlines(keepends=True)
    seen.write_text(
        "".join(line for line in lines if " source: " not in line and "$Proxy" not in line), encoding="utf-8"
    )


def class_path(lib_folder: Path) -> str:
    """Return the class path exactly as PyFlink writes it. The archive is valid only for class paths that begin with it."""
    from pyflink.pyflink_gateway_server import construct_flink_classpath

    return str(
        construct_flink_classpath({"FLINK_LIB_DIR": str(lib_folder), "FLINK_OPT_DIR": str(flink_home() / "opt")})
    )


def main() -> None:
    """Create the archive. On failure print the error to standard error and exit with code 1."""
    try:
        make()
    except PenstockError as problem:
        sys.exit(str(problem))
    except subprocess.CalledProcessError as problem:
        sys.exit(problem.stderr.decode(errors="replace").strip() or str(problem))


if __name__ == "__main__":
    main()
