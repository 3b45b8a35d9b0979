"""Class archives (application class-data sharing), from which the JVM maps classes instead of reading thousands of them from jars.

Set-up runs `python -m penstock.connectors.runtime.class_data`, which creates the archive of Flink's classes once per version of Flink, Java
and Penstock's own jar. Without it runs start more slowly. It requires a fixed class path, so connector jars come after it, except that of
Kafka, which most jobs need. The jars of the planner and of the RPC system are on that path, because Flink otherwise unpacks them into
separate class loaders at every start (`RpcOnClassPath.java`). The local Kafka broker has an archive of its own.

The lists of classes are in `class_lists/`. `python -m penstock.scripts.class_lists` records them.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

from penstock.connectors.config.problems import PenstockError
from penstock.connectors.runtime.home import cache_dir, flink_home, flink_version, java_home
from penstock.connectors.runtime.jars import jars, writable

LISTS = Path(__file__).with_name("class_lists")

_INNER = {"flink-table-planner-loader": "flink-table-planner.jar", "flink-dist": "flink-rpc-akka.jar"}
"""Beginning of a jar's name to the jar inside it."""

_INCLUDED = ("kafka", "penstock")
"""Names of the jars that are on the fixed class path besides those of Flink."""


def home() -> Path:
    """Return the folder of the class path and its archive for this Flink, this Java and the included jars, which are checked."""
    text = f"{flink_version()} {flink_home()} {java_home()} {jars(_INCLUDED)}"
    return cache_dir() / "jvm" / hashlib.sha256(text.encode()).hexdigest()[:16]


def lib(folder: Path) -> Path:
    """Return the fixed part of the class path, created once: Flink's jars (with those inside them unpacked) and the included jars."""
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
            for jar in jars(_INCLUDED):
                (new / jar.name).symlink_to(jar)
            try:
                new.rename(made)
            except OSError:
                if not made.is_dir():  # another run created the same folder first
                    raise
    return made


def options(archive: Path) -> list[str]:
    """Return the JVM options for an archive; an empty list if it does not exist."""
    return (
        [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:class+path=off"]
        if archive.exists()
        else []
    )


def flink_archive(folder: Path) -> Path:
    """Return the archive of Flink's classes in the folder `home`, which may not exist."""
    return _archive(folder, "flink", class_path(lib(folder)))


def kafka_archive(jar_path: str) -> Path:
    """Return the archive of the local broker's classes, created once, which takes some seconds. It does not exist if that failed."""
    key = hashlib.sha256(f"{java_home()} {jar_path}".encode()).hexdigest()[:16]
    archive = _archive(cache_dir() / "jvm" / key, "kafka", jar_path)
    if not archive.exists():
        try:
            create(archive, "kafka", jar_path)
        except (PenstockError, subprocess.CalledProcessError):
            pass  # the broker starts more slowly without it
    return archive


def _archive(folder: Path, classes: str, jar_path: str) -> Path:
    """Return the place of the archive of a class list: another one for another list or other jars.

    The JVM does not use an archive if a jar has another time or size than before, as those of Flink have after a new installation.
    """
    facts = [str(zlib.crc32(_list(classes).read_bytes()))]
    for jar in jar_path.split(os.pathsep):
        state = os.stat(jar)
        facts.append(f"{jar} {state.st_mtime_ns} {state.st_size}")
    return folder / f"{classes}-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:16]}.jsa"


def _list(classes: str) -> Path:
    return LISTS / f"{classes}.lst.gz"


def create(archive: Path, classes: str, jar_path: str) -> None:
    """Archive the classes of the list `classes` that are in the jars, and delete earlier archives in the same folder.

    Raises RunError or CalledProcessError.
    """
    with writable(archive.parent) as scratch:
        listed, new = Path(scratch) / "classes.lst", Path(scratch) / archive.name
        listed.write_bytes(gzip.decompress(_list(classes).read_bytes()))
        command = [
            java_home() / "bin" / "java",
            "-Xshare:dump",
            "-XX:+UseSerialGC",
            f"-XX:SharedClassListFile={listed}",
        ]
        target = [f"-XX:SharedArchiveFile={new}", "-cp", jar_path]
        subprocess.run(
            [str(part) for part in (*command, *target)], check=True, capture_output=True, cwd=tempfile.gettempdir()
        )
        new.rename(archive)
    for earlier in archive.parent.glob(f"{classes}-*.jsa"):
        if earlier != archive:
            earlier.unlink(missing_ok=True)


def class_path(lib_folder: Path) -> str:
    """Return the class path exactly as PyFlink writes it. The archive is valid only for class paths that begin with it."""
    from pyflink.pyflink_gateway_server import construct_flink_classpath

    return str(
        construct_flink_classpath({"FLINK_LIB_DIR": str(lib_folder), "FLINK_OPT_DIR": str(flink_home() / "opt")})
    )


def main() -> None:
    """Create the archive of Flink's classes. On failure print the error to standard error and exit with code 1."""
    try:
        folder = home()
        archive = flink_archive(folder)
        if not archive.exists():
            create(archive, "flink", class_path(lib(folder)))
    except PenstockError as problem:
        sys.exit(str(problem))
    except subprocess.CalledProcessError as problem:
        sys.exit(problem.stderr.decode(errors="replace").strip() or str(problem))


if __name__ == "__main__":
    main()
