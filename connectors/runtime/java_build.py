"""Builds the jars of Penstock's own Java classes with the Eclipse compiler, which needs no JDK. Cached by the hash of the sources."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.home import SMALL_PROGRAM, cache_dir, flink_home, flink_version, java_home

Jars = Callable[[Iterable[str]], list[Path]]
"""Returns the jars of these names in the jar lock, or of these modules."""

_CONNECTORS = Path(__file__).parents[1]
_FACTORIES = "org.apache.flink.table.factories.Factory"


@dataclass(frozen=True)
class JavaModule:
    """Java sources that become one jar."""

    sources: Path
    """The folder with the sources."""

    services: Mapping[str, list[str]]
    """The classes that Flink finds by itself: the interface to its implementations."""

    needs: tuple[str, ...] = ()
    """Names of the jars against which the sources are compiled, in addition to Flink's own."""


MODULES = {
    "penstock": JavaModule(
        _CONNECTORS / "java",
        {
            _FACTORIES: [
                "penstock.ConsoleSinkFactory",
                "penstock.CountedFactory",
                "penstock.CsvFilesFormatFactory",
                "penstock.GuardedFormatFactory",
                "penstock.JsonFormatFactory",
                "penstock.LinesFormatFactory",
            ],
            "org.apache.flink.metrics.reporter.MetricReporterFactory": ["penstock.ProgressReporter"],
            "org.apache.flink.runtime.rpc.RpcSystemLoader": ["penstock.RpcOnClassPath"],
        },
    ),
    "penstock-kafka": JavaModule(
        _CONNECTORS / "kafka" / "java", {_FACTORIES: ["penstock.kafka.KafkaRowsFactory"]}, ("penstock", "kafka")
    ),
    "penstock-http": JavaModule(
        _CONNECTORS / "http" / "java",
        {_FACTORIES: ["penstock.http.BulkSinkFactory", "penstock.http.HttpSinkFactory"]},
        ("penstock",),
    ),
    "penstock-jdbc": JavaModule(
        _CONNECTORS / "jdbc" / "java", {_FACTORIES: ["penstock.jdbc.JdbcSinkFactory"]}, ("penstock",)
    ),
    "penstock-mongodb": JavaModule(
        _CONNECTORS / "mongodb" / "java", {_FACTORIES: ["penstock.mongodb.MongoSinkFactory"]}, ("penstock", "mongodb")
    ),
    "penstock-mqtt": JavaModule(
        _CONNECTORS / "mqtt" / "java", {_FACTORIES: ["penstock.mqtt.MqttSourceFactory"]}, ("penstock", "mqtt")
    ),
    "penstock-rabbitmq": JavaModule(
        _CONNECTORS / "rabbitmq" / "java",
        {_FACTORIES: ["penstock.rabbitmq.RabbitSinkFactory", "penstock.rabbitmq.RabbitSourceFactory"]},
        ("penstock", "rabbitmq"),
    ),
}
"""Name of the jar to its module. What needs the client of another system is a module of its own, so that a job without it needs no such
jar."""


def built(name: str, jars: Jars) -> Path:
    """Return the jar of a module from the cache, or compile it (about a second). `jars` returns the compiler's jar, and those needed.

    Raises RunError if compilation fails, or if the jar in the cache was changed.
    """
    from penstock.connectors.runtime.jars import digest, writable

    module = MODULES[name]
    jar = cache_dir() / "java" / _key(module) / f"{name}.jar"
    checksum = jar.with_suffix(".sha256")
    if not jar.exists() or not checksum.exists():
        with writable(jar.parent) as folder:
            compiled = _compile(module, jars(["ecj"])[0], jars(module.needs), Path(folder) / jar.name)
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


def _key(module: JavaModule) -> str:
    from penstock.connectors.runtime.jars import locked

    libraries = [_key(MODULES[name]) if name in MODULES else locked(name) for name in module.needs]
    hashed = hashlib.sha256(f"{flink_version()} {sorted(module.services.items())} {libraries}".encode())
    for source in sorted(module.sources.rglob("*.java")):
        hashed.update(source.name.encode() + b"\0" + source.read_bytes())
    return hashed.hexdigest()[:16]


def _compile(module: JavaModule, compiler: Path, needed: Iterable[Path], jar: Path) -> Path:
    classes = jar.parent / "classes"
    classpath = os.pathsep.join(map(str, [*sorted((flink_home() / "lib").glob("*.jar")), *needed]))
    command: list[str | Path] = [java_home() / "bin" / "java", *SMALL_PROGRAM, "-jar", compiler]
    command += ["-17", "-proc:none", "-nowarn"]
    target: list[str | Path] = ["-d", classes, "-cp", classpath, module.sources]
    done = subprocess.run([*command, *target], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RunError(
            f"Penstock's Java classes do not compile against Flink {flink_version()}:\n{(done.stdout + done.stderr)[-3000:]}"
        )
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(classes.rglob("*.class")):
            archive.writestr(_entry(str(file.relative_to(classes))), file.read_bytes())
        for service, names in module.services.items():
            archive.writestr(_entry(f"META-INF/services/{service}"), "\n".join(names) + "\n")
    return jar


def _entry(name: str) -> zipfile.ZipInfo:
    """An archive entry with a fixed date, so that the same sources produce the same bytes."""
    return zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
