"""Connector jars: a lock of coordinates and sha256, a cache, and a hash check before each use.

`jars.lock.json` maps a name (`kafka`, `kafka-broker`, `ecj`) to a Flink line (or `*`) to its artifacts. Once a jar is in
the cache no network is needed. `python -m penstock.connectors.runtime.jars` writes the lock anew from the coordinates below.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from penstock.connectors.base.problems import RunError
from penstock.connectors.runtime import java_build
from penstock.connectors.runtime.fetching import Fetching
from penstock.connectors.runtime.home import cache_dir, flink_line

LOCK = Path(__file__).with_name("jars.lock.json")
_WANTED = {
    "kafka": {
        "2.2": ["org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"],
        "2.3": ["org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"],
    },
    # What the OAuth classes of the Kafka connector need, and it does not contain.
    "kafka-oauth": {
        "*": [
            "com.fasterxml.jackson.core:jackson-annotations:2.19.2",
            "com.fasterxml.jackson.core:jackson-core:2.19.2",
            "com.fasterxml.jackson.core:jackson-databind:2.19.2",
            "org.bitbucket.b_c:jose4j:0.9.6",
        ]
    },
    "avro": {"2.3": ["org.apache.flink:flink-sql-avro:2.3.0"]},  # there is none for 2.2
    "ecj": {"*": ["org.eclipse.jdt:ecj:3.40.0"]},
    "kafka-broker": {"*": ["org.apache.kafka:kafka_2.13:4.2.0"]},
    # A file system for checkpoints, in the image.
    "s3": {"2.3": ["org.apache.flink:flink-s3-fs-hadoop:2.3.0"]},
    # For tests: the operator's resource definitions, and a YARN in one process with what it leaves its users to bring.
    "kubernetes-operator": {"*": ["org.apache.flink:flink-kubernetes-operator-api:1.10.0"]},
    "yarn": {
        "*": [
            "com.google.code.findbugs:jsr305:3.0.2",
            "com.sun.xml.bind:jaxb-core:2.3.0.1",
            "com.sun.xml.bind:jaxb-impl:2.3.1",
            "commons-logging:commons-logging:1.2",
            "javax.activation:activation:1.1.1",
            "javax.xml.bind:jaxb-api:2.3.1",
            "junit:junit:4.13.2",
            "org.apache.hadoop:hadoop-client-api:3.3.6",
            "org.apache.hadoop:hadoop-client-minicluster:3.3.6",
            "org.apache.hadoop:hadoop-client-runtime:3.3.6",
            "org.bouncycastle:bcpkix-jdk15on:1.68",
            "org.bouncycastle:bcprov-jdk15on:1.68",
            "org.hamcrest:hamcrest-core:1.3",
            "org.mockito:mockito-core:2.28.2",
            "org.slf4j:slf4j-api:1.7.36",
        ]
    },
}
_WITH_DEPENDENCIES = {"kafka-broker"}
_LISTED = 5


def jars(names: Iterable[str]) -> list[Path]:
    """The files of these names, each checked against the lock. Raises RunError."""
    files: list[Path] = []
    for name in sorted(set(names)):
        files += [java_build.penstock_jar(jars)] if name == "penstock" else _files(name)
    return files


def locked(name: str) -> list[tuple[str, str]]:
    """Coordinates and sha256 of one name, for the installed Flink line."""
    lines = json.loads(LOCK.read_text(encoding="utf-8"))[name]
    pairs = lines.get("*") or lines.get(flink_line())
    if not pairs:
        raise RunError(
            f"no {name} jar is locked for Flink {flink_line()}",
            found=", ".join(lines),
            do="install one of these Flink lines",
        )
    return list(pairs.items())


def _files(name: str) -> list[Path]:
    wanted = {coordinates: (sha256, _place(coordinates, sha256)) for coordinates, sha256 in locked(name)}
    missing = {coordinates: pair for coordinates, pair in wanted.items() if not pair[1].exists()}
    if missing:
        with Fetching(name, len(missing)) as said:
            for coordinates, (sha256, file) in missing.items():
                try:
                    _fetch(coordinates, sha256, file, said)
                except _Unreachable as problem:
                    raise _offline(
                        name, problem, {c: at for c, (_, at) in missing.items() if not at.exists()}
                    ) from None
    for sha256, file in wanted.values():
        _check(file, sha256)
    return [file for _, file in wanted.values()]


def _place(coordinates: str, sha256: str) -> Path:
    _, artifact, version = coordinates.split(":")
    return cache_dir() / "jars" / sha256[:16] / f"{artifact}-{version}.jar"


def _check(file: Path, sha256: str) -> None:
    found = digest(file)
    if found != sha256:
        raise RunError(
            f"the jar {file} is not the one that the lock names",
            found=f"sha256 {found}",
            allowed=f"sha256 {sha256}",
            do="find out who changed it, delete it, and run again: it is fetched anew",
        )


def digest(file: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    hashed = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest()


def _offline(name: str, problem: _Unreachable, missing: dict[str, Path]) -> RunError:
    """The error when artifacts are not in the cache and cannot be fetched: which, and how to bring them without a network."""
    first = next(iter(missing.values()))
    listed = list(missing)[:_LISTED]
    if more := len(missing) - len(listed):
        listed.append(f'and {more} more: "{name}" in {LOCK.name} lists them')
    return RunError(
        "cannot fetch a connector jar" if len(missing) == 1 else f"cannot fetch {len(missing)} connector jars",
        found=f"{problem}\n           missing: " + "\n           ".join(listed),
        do=f"connect to a network with a Maven repository and run again (behind a proxy set HTTPS_PROXY); without a network copy\n"
        f"           the folder {cache_dir() / 'jars'} from a machine where this has run, or put each file into its place\n"
        f"           there (the first: {first}); its sha256 is checked",
    )


def _fetch(coordinates: str, sha256: str, file: Path, said: Fetching) -> None:
    """Bring one artifact from Maven Central into the cache, whole or not at all."""
    with writable(file.parent) as folder:
        got = _resolve(coordinates, Path(folder), dependencies=False, said=said)[coordinates]
        found = digest(got)
        if found != sha256:
            raise RunError(
                f"{coordinates} came with another content than the lock names",
                found=f"sha256 {found}",
                allowed=f"sha256 {sha256}",
                do="do not use it; ask who runs the repository it came from",
            )
        os.replace(got, file)


def writable(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A scratch folder in the cache, on the same file system as its target. Raises RunError when it cannot be written."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=parent)
    except OSError as problem:
        raise RunError(
            f"the cache folder {parent} cannot be written: {problem.strerror}",
            do="set PENSTOCK_CACHE to a folder that you may write, or change its permissions",
        ) from None


class _Unreachable(Exception):
    """No repository returned the artifact: its text is why."""


def _resolve(coordinates: str, folder: Path, dependencies: bool, said: Fetching | None = None) -> dict[str, Path]:
    """Coordinates to file, with jgo. Raises _Unreachable when no repository returns it."""
    from jgo.maven import MavenContext, Model, PythonResolver

    logging.getLogger("jgo").setLevel(logging.ERROR)
    group, artifact, version = coordinates.split(":")
    context = MavenContext(repo_cache=folder, timeout=60, resolver=PythonResolver(progress_callback=said and said.file))
    try:
        component = context.project(group, artifact).at_version(version)
        found = {coordinates: component.artifact().resolve()}
        if dependencies:
            for needed in Model(component.pom(), context).dependencies()[0]:
                at = needed.artifact
                if needed.scope in ("compile", "runtime"):
                    found[f"{at.groupId}:{at.artifactId}:{at.version}"] = at.resolve()
    except Exception as problem:  # jgo raises many kinds: each means that the jar is not to be had now
        raise _Unreachable(_reason(problem)) from None
    return found


def _reason(problem: Exception) -> str:
    """The innermost cause in a word, without the objects that requests and urllib3 print around it."""
    while problem.__context__ or problem.__cause__:
        inner = problem.__cause__ or problem.__context__
        if not isinstance(inner, Exception):
            break
        problem = inner
    return f"{type(problem).__name__}: {str(problem)[:200]}"


def write_lock() -> None:
    """Resolve what `_WANTED` names and write the lock. For maintainers."""
    lock: dict[str, dict[str, dict[str, str]]] = {}
    folder = tempfile.mkdtemp()
    try:
        for name, lines in _WANTED.items():
            lock[name] = {}
            for line, wanted in lines.items():
                found: dict[str, Path] = {}
                for coordinates in wanted:
                    found |= _resolve(coordinates, Path(folder), name in _WITH_DEPENDENCIES)
                lock[name][line] = {key: digest(file) for key, file in sorted(found.items())}
    finally:
        shutil.rmtree(folder)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_lock()
