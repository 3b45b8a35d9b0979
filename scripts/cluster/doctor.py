"""Check whether a cluster matches this machine, and whether it is set up so that jobs survive failures. Each finding has its fix."""

from __future__ import annotations

import contextlib
import platform
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import requests

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.problems import PenstockError
from penstock.connectors.runtime.home import JAVA_VERSIONS, flink_line, flink_version
from penstock.connectors.runtime.jars import LOCK, locked
from penstock.scripts.cluster.submission_process import probe
from penstock.scripts.stack.flink_config import PARENT_FIRST

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_ARCH = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_CONNECTOR = re.compile(r"(flink-(?:sql-)?connector-[a-z-]+|flink-sql-[a-z-]+|flink-python)-(\d[\w.-]*)\.jar$")
_PARENT_FIRST = (
    f"put it into lib/, with classloader.parent-first-patterns.additional: {PARENT_FIRST}; "
    "else restart TaskManagers now and then"
)
_OURS = ("flink-sql-client", "flink-connector-files")


def findings(jobs: Deployments, run_python: bool = True) -> Iterator[Finding]:
    """The findings of every check. A check that fails is a finding too; when the cluster does not answer, the checks end."""
    try:
        theirs = jobs.flink.version()
    except PenstockError as problem:
        yield Finding("bad", "REST", problem.head, "start it, or correct the target's address")
        return
    yield _version(theirs)
    with contextlib.suppress(PenstockError):
        about = jobs.flink.rest.get("/jobmanager/environment")
        yield from _java(about["jvm"])
        yield from _jars(about["classpath"])
    yield _slots(jobs.flink.rest.get("/overview"))
    yield from _durable(jobs.flink.configuration())
    yield from _closed(jobs)
    if run_python:
        yield _safely("Python workers", lambda: _python(jobs))


def _safely(what: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except PenstockError as problem:
        return Finding("bad", what, problem.head, problem.do or "penstock logs")


def _version(theirs: str) -> Finding:
    ours = flink_version()
    if theirs == ours:
        return Finding("ok", "Flink", theirs)
    same = ".".join(theirs.split(".")[:2]) == flink_line()
    return Finding(
        "warn" if same else "bad", "Flink", f"{theirs}; here {ours}", f"pip install 'apache-flink=={theirs}'"
    )


def _java(jvm: dict[str, Any]) -> Iterator[Finding]:
    found = re.search(r"/(\d+)", jvm["version"])
    major = int(found[1]) if found else 0
    state = "ok" if major in JAVA_VERSIONS else "bad"
    yield Finding(state, "Java", f"{major}, {jvm['arch']}", "" if state == "ok" else "run Flink on Java 17 or 21")
    if not any("add-opens" in option for option in jvm["options"]):
        yield Finding(
            "bad",
            "Java options",
            "no --add-opens",
            "add to Flink's own config.yaml instead of replacing it (env.java.opts.all)",
        )
    here = _ARCH.get(platform.machine(), platform.machine())
    if _ARCH.get(jvm["arch"], jvm["arch"]) != here:
        yield Finding(
            "warn", "machine", f"{jvm['arch']}; here {here}", "pack Python environments on a machine like theirs"
        )


def _jars(classpath: list[str]) -> Iterator[Finding]:
    """Connector jars in the cluster's own lib/: whether they have the version that jobs bring, or conflict with it."""
    wanted = {c.split(":")[1]: c.split(":")[2] for c, _ in locked("kafka")}
    for name in wanted:
        if not any(f"/{name}-" in entry for entry in classpath):
            yield Finding(
                "warn", name, "not in the cluster's lib/: each start of a job leaves its classes behind", _PARENT_FIRST
            )
    for entry in classpath:
        match = _CONNECTOR.search(entry)
        if not match or match[1] in _OURS:
            continue
        name, version = match.groups()
        if name == "flink-python":
            state = "ok" if version == flink_version() else "bad"
            yield Finding(
                state, name, version, "" if state == "ok" else f"put flink-python-{flink_version()}.jar into its lib/"
            )
        elif name in wanted:
            state = "ok" if version == wanted[name] else "bad"
            cure = f"put {wanted[name]} there instead: jobs are made for it ({LOCK.name})"
            yield Finding(state, name, version, "" if state == "ok" else cure)
        else:
            yield Finding(
                "warn", name, f"{version}, in the cluster's lib/", "see that no job brings another version of it"
            )


def _slots(overview: dict[str, Any]) -> Finding:
    found = f"{overview['slots-available']} of {overview['slots-total']} free, {overview['taskmanagers']} TaskManagers"
    if not overview["slots-available"]:
        return Finding("warn", "slots", found, "stop a job, or add TaskManagers")
    if overview["taskmanagers"] < 2:
        return Finding(
            "warn", "slots", found, "keep a spare TaskManager: when the only one dies, every job waits until it is back"
        )
    return Finding("ok", "slots", found)


def _durable(config: dict[str, str]) -> Iterator[Finding]:
    folder = config.get("execution.checkpointing.dir") or config.get("state.checkpoints.dir")
    if not folder:
        yield Finding(
            "bad",
            "checkpoints",
            "kept in the JobManager's memory only",
            "set execution.checkpointing.dir in its config.yaml",
        )
    else:
        yield Finding("ok", "checkpoints", folder)
    if not (config.get("execution.checkpointing.savepoint-dir") or config.get("state.savepoints.dir")):
        yield Finding(
            "warn", "savepoints", "no folder", "set execution.checkpointing.savepoint-dir, or savepoints in the target"
        )
    if config.get("high-availability.type", "NONE").upper() == "NONE":
        yield Finding(
            "warn",
            "high availability",
            "none: when the JobManager dies, its jobs are lost",
            "set high-availability.type",
        )
    else:
        yield Finding("ok", "high availability", config["high-availability.type"])
    if config.get("restart-strategy.type", "") in ("none", "off", "disable"):
        yield Finding(
            "bad", "restarts", "none: a job ends with its first failure", "set restart-strategy.type: exponential-delay"
        )


def _closed(jobs: Deployments) -> Iterator[Finding]:
    features = jobs.flink.rest.get("/config").get("features", {})
    if features.get("web-submit"):
        yield Finding(
            "warn",
            "REST upload",
            "open: anyone who can connect to it can run any code there",
            "set web.submit.enable: false",
        )
    else:
        yield Finding("ok", "REST upload", "closed")
    with contextlib.suppress(requests.RequestException):
        answer = requests.get(f"{jobs.flink.address}/config", headers={"Origin": "http://elsewhere.example"}, timeout=5)
        if answer.headers.get("Access-Control-Allow-Origin") == "*":
            yield Finding("warn", "REST CORS", "open to every web page", "set web.access-control-allow-origin")
    host = jobs.flink.address.split("//")[1].split(":")[0]
    if jobs.flink.address.startswith("http:") and host not in ("localhost", "127.0.0.1"):
        yield Finding(
            "warn",
            "REST TLS",
            "none, and no password",
            "set security.ssl.rest.enabled with authentication, or a proxy before it",
        )


def _python(jobs: Deployments) -> Finding:
    theirs = probe(jobs.submission_options())
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = f"Python {theirs['python']} ({theirs['machine']}) with PyFlink {theirs['pyflink']} at {jobs.target.worker_python()}"
    if ".".join(theirs["python"].split(".")[:2]) != ours:
        return Finding("bad", "Python workers", f"{found}; here {ours}", f"set the target's python to a Python {ours}")
    if theirs["pyflink"] != flink_version():
        return Finding("bad", "Python workers", found, f"pip install 'apache-flink=={flink_version()}' there")
    return Finding("ok", "Python workers", found)
