"""Connector jars: a lock file of Maven coordinates and sha256, a cache, and a check of the hash before each use.

`jars.lock.json` maps a name (`kafka`, `kafka-broker`, `ecj`) to a Flink minor version (or `*`) to coordinates to sha256. A jar in the
cache needs no network. `python -m penstock.connectors.runtime.jars` regenerates the lock file from `coordinates.py`.
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

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime import java_build
from penstock.connectors.runtime.coordinates import LOCKED, WITH_DEPENDENCIES
from penstock.connectors.runtime.fetching import Fetching
from penstock.connectors.runtime.home import cache_dir, flink_line

LOCK = Path(__file__).with_name("jars.lock.json")
_LISTED = 5


def jars(names: Iterable[str]) -> list[Path]:
    """Return the jar files of these names in the lock file, or of Penstock's modules. Downloads those that are not in the cache.

    Raises RunError if a jar cannot be downloaded or has another sha256 than the lock file states.
    """
    files: list[Path] = []
    for name in sorted(set(names)):
        files += [java_build.built(name, jars)] if name in java_build.MODULES else _files(name)
    return files


def locked(name: str) -> list[tuple[str, str]]:
    """Coordinates and sha256 of the jars of one name, for the installed Flink. Raises RunError if it has none for this version."""
    lines = json.loads(LOCK.read_text(encoding="utf-8"))[name]
    pairs = lines.get("*") or lines.get(flink_line())
    if not pairs:
        raise RunError(
            f"no {name} jar is available for Flink {flink_line()}",
            found=f"Flink {flink_line()}",
            allowed=", ".join(f"Flink {line}" for line in lines),
            do="install one of these Flink versions",
        )
    return list(pairs.items())


def _files(name: str) -> list[Path]:
    wanted = {coordinates: (sha256, _place(coordinates, sha256)) for coordinates, sha256 in locked(name)}
    missing = {coordinates: pair for coordinates, pair in wanted.items() if not pair[1].exists()}
    if missing:
        with Fetching(name, len(missing)) as progress:
            for coordinates, (sha256, file) in missing.items():
                try:
                    _fetch(coordinates, sha256, file, progress)
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
            f"the jar {file} differs from the one in the lock file",
            found=f"sha256 {found}",
            allowed=f"sha256 {sha256}",
            do="find out what changed it, delete it, and run again: it is downloaded again",
        )


def digest(file: Path) -> str:
    """The sha256 of a file in hexadecimal."""
    hashed = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest()


def _offline(name: str, problem: _Unreachable, missing: dict[str, Path]) -> RunError:
    """The error if jars are neither in the cache nor can be downloaded: which jars, and how to install them without a network."""
    first = next(iter(missing.values()))
    listed = list(missing)[:_LISTED]
    if more := len(missing) - len(listed):
        listed.append(f'and {more} more, listed under "{name}" in {LOCK.name}')
    return RunError(
        "cannot fetch a connector jar" if len(missing) == 1 else f"cannot fetch {len(missing)} connector jars",
        found=f"{problem}\n           missing: " + "\n           ".join(listed),
        do=f"connect to a network with a Maven repository and run again (behind a proxy, set HTTPS_PROXY, and for its\n"
        f"           certificate REQUESTS_CA_BUNDLE); without a network, copy the folder {cache_dir() / 'jars'} from a machine\n"
        f"           where this command has run, or put each file into its place there (the first: {first}); its sha256 is checked",
    )


def _fetch(coordinates: str, sha256: str, file: Path, progress: Fetching) -> None:
    """Download one artifact from Maven Central into the cache, atomically."""
    with writable(file.parent) as folder:
        downloaded = _resolve(coordinates, Path(folder), dependencies=False, progress=progress)[coordinates]
        found = digest(downloaded)
        if found != sha256:
            raise RunError(
                f"the download of {coordinates} differs from the jar in the lock file",
                found=f"sha256 {found}",
                allowed=f"sha256 {sha256}",
                do="do not use it; ask the operator of the Maven repository that it came from",
            )
        os.replace(downloaded, file)


def writable(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """Create a temporary folder inside `parent`, a folder of the cache, so that files can be renamed from one to the other.

    Raises RunError if the folder cannot be written.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=parent)
    except OSError as problem:
        raise RunError(
            f"cannot write to the cache folder {parent}: {problem.strerror}",
            do="set PENSTOCK_CACHE to a folder that you may write to, or change the folder's permissions",
        ) from None


class _Unreachable(Exception):
    """No repository returned the artifact. The text is the cause."""


def _resolve(coordinates: str, folder: Path, dependencies: bool, progress: Fetching | None = None) -> dict[str, Path]:
    """Download an artifact, and with `dependencies` all it depends on, with jgo. Returns coordinates to file.

    Raises _Unreachable if no repository returns the artifact.
    """
    from jgo.maven import MavenContext, Model, PythonResolver

    logging.getLogger("jgo").setLevel(logging.ERROR)
    group, artifact, version = coordinates.split(":")
    resolver = PythonResolver(progress_callback=progress and progress.file)
    context = MavenContext(repo_cache=folder, timeout=60, resolver=resolver)
    try:
        component = context.project(group, artifact).at_version(version)
        found = {coordinates: component.artifact().resolve()}
        if dependencies:
            for dependency in Model(component.pom(), context).dependencies()[0]:
                artifact_ = dependency.artifact
                if dependency.scope in ("compile", "runtime"):
                    found[f"{artifact_.groupId}:{artifact_.artifactId}:{artifact_.version}"] = artifact_.resolve()
    except Exception as problem:  # jgo raises exceptions of many classes; each means that the jar cannot be downloaded
        raise _Unreachable(_reason(problem)) from None
    return found


def _reason(problem: Exception) -> str:
    """The innermost cause in one line, without the objects that requests and urllib3 print around it."""
    while problem.__context__ or problem.__cause__:
        inner = problem.__cause__ or problem.__context__
        if not isinstance(inner, Exception):
            break
        problem = inner
    return f"{type(problem).__name__}: {str(problem)[:200]}"


def write_lock() -> None:
    """Download the artifacts of `LOCKED` and write the lock file. For maintainers."""
    lock: dict[str, dict[str, dict[str, str]]] = {}
    folder = tempfile.mkdtemp()
    try:
        for name, lines in LOCKED.items():
            lock[name] = {}
            for line, artifacts in lines.items():
                found: dict[str, Path] = {}
                for coordinates in artifacts:
                    found |= _resolve(coordinates, Path(folder), name in WITH_DEPENDENCIES)
                lock[name][line] = {key: digest(file) for key, file in sorted(found.items())}
    finally:
        shutil.rmtree(folder)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_lock()
