"""Builds the jar of Penstock's own Java classes with the Eclipse compiler, which needs no JDK. Cached by the hash of the sources."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from penstock.connectors.base.problems import RunError
from penstock.connectors.runtime.home import cache_dir, flink_home, flink_version, java_home

SOURCES = Path(__file__).parents[1] / "java"
_SERVICES = {
    "org.apache.flink.table.factories.Factory": [
        "penstock.ConsoleSinkFactory",
        "penstock.CountedFactory",
        "penstock.CsvFilesFormatFactory",
        "penstock.GuardedFormatFactory",
        "penstock.JsonFormatFactory",
        "penstock.LinesFormatFactory",
    ],
    "org.apache.flink.metrics.reporter.MetricReporterFactory": ["penstock.ProgressReporter"],
}


def penstock_jar(jars: Callable[[Iterable[str]], list[Path]]) -> Path:
    """Return the jar from the cache, or compile it (about a second). `jars` returns the compiler's jar.

    Raises RunError if compilation fails, or if the jar in the cache was changed.
    """
    from penstock.connectors.runtime.jars import digest, writable

    key = _key()
    jar = cache_dir() / "java" / key / "penstock.jar"
    checksum = jar.with_suffix(".sha256")
    if not jar.exists() or not checksum.exists():
        with writable(jar.parent) as folder:
            compiled = _compile(jars(["ecj"])[0], Path(folder))
            (Path(folder) / "checksum").write_text(digest(compiled), encoding="ascii")
            os.replace(compiled, jar)
            os.replace(Path(folder) / "checksum", checksum)
    found, compiled_as = digest(jar), checksum.read_text(encoding="ascii")
    if found != compiled_as:
        raise RunError(
            f"the jar {jar} was changed after it was compiled",
            found=f"sha256 {found}",
            allowed=f"sha256 {compiled_as}",
            do=f"delete the folder {jar.parent}: it is compiled again",
        )
    return jar


def _key() -> str:
    hashed = hashlib.sha256(f"{flink_version()} {sorted(_SERVICES.items())}".encode())
    for source in sorted(SOURCES.rglob("*.java")):
        hashed.update(source.name.encode() + b"\0" + source.read_bytes())
    return hashed.hexdigest()[:16]


def _compile(compiler: Path, folder: Path) -> Path:
    classpath = os.pathsep.join(str(jar) for jar in sorted((flink_home() / "lib").glob("*.jar")))
    command: list[str | Path] = [java_home() / "bin" / "java", "-jar", compiler, "-17", "-proc:none", "-nowarn"]
    target: list[str | Path] = ["-d", folder / "classes", "-cp", classpath, SOURCES]
    done = subprocess.run([*command, *target], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RunError(
            f"Penstock's Java classes do not compile against Flink {flink_version()}:\n{(done.stdout + done.stderr)[-3000:]}"
        )
    jar = folder / "penstock.jar"
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((folder / "classes").rglob("*.class")):
            archive.writestr(_entry(str(file.relative_to(folder / "classes"))), file.read_bytes())
        for service, names in _SERVICES.items():
            archive.writestr(_entry(f"META-INF/services/{service}"), "\n".join(names) + "\n")
    return jar


def _entry(name: str) -> zipfile.ZipInfo:
    """An archive entry with a fixed date, so that the same sources produce the same bytes."""
    return zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
