"""The process that plans a job and submits it to a cluster: `python -m penstock.jobs.programs.submit`, with the package's own code."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, TextIO

from penstock.connectors.config.problems import Problem, RunError
from penstock.jobs.pipeline.operator_uids import Operator
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.records import operators
from penstock.scripts.config.load import fail
from penstock.scripts.flink.failure import JOB_FAILED, cause
from penstock.scripts.jvm import gateway
from penstock.scripts.local.runner import new_log_dir

_TWICE = "has already been submitted"
"""Flink's words for a job id that it knows already."""


class AlreadySubmitted(RunError):
    """The cluster knows a job of this id already: another submission was first."""


class SubmissionProcess:
    """`with SubmissionProcess(package, options) as driver` plans the job; `submit` starts it. Leaving the block without `submit` starts
    nothing.

    `options` are Flink's. `keep` is a file descriptor that the process holds open: the job's lock, which must not be free while a
    submission may still reach the cluster. When this process dies, the submission process finds the end of its standard input and
    submits nothing more.
    """

    def __init__(self, package: Package, options: Mapping[str, str], keep: int | None = None) -> None:
        self._package, self._options, self._keep = package, dict(options), keep
        self.operators: tuple[Operator, ...] = ()

    def __enter__(self) -> SubmissionProcess:
        self._folder = Path(tempfile.mkdtemp(prefix="penstock-"))
        try:
            self._start()
            self.operators = operators(self._answer()["operators"])
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        package, folder = self._package, self._folder
        package.unpack(folder)
        (folder / "functions.zip").write_bytes(package.code_archive(everything=False))
        self.log_dir = new_log_dir(f"submit-{package.name}")
        jars = [*sorted((folder / "jars").glob("*.jar")), *package.jars.values()]
        options = {
            "pipeline.jars": ";".join(jar.as_uri() for jar in jars),
            "python.files": str(folder / "functions.zip"),
            "python.client.executable": sys.executable,
            "execution.attached": "false",
            **self._options,
        }
        more = [jar for jar in jars if jar.name != "penstock.jar"]  # which the class path has already
        environ = _environ(more, self.log_dir, folder / "code", options)
        (folder / "empty").mkdir()  # the current folder comes first on Python's path: it must hold no modules
        self._errors = (self.log_dir / "driver.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", package.entry, str(folder), "--wait"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environ,
            cwd=folder / "empty",
            pass_fds=[self._keep] if self._keep is not None else [],
            start_new_session=True,  # Ctrl-C must reach only this process, which handles it
        )

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait()
            raise _failure(self._errors, self.log_dir)
        answer: dict[str, Any] = json.loads(line)
        if found := answer.get("problem"):
            self._reject(Problem(**found))
        return answer

    def _reject(self, problem: Problem) -> NoReturn:
        """Raise ConfigError for a problem that only planning finds, with its place when the job file is at hand."""
        if self._package.tree:
            fail([problem], self._package.tree)
        raise problem.error(self._package.name)

    def submit(self, options: Mapping[str, str]) -> str:
        """Start the job with these further options of Flink's; its id. Raises RunError with the cause."""
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"options": dict(options)}), file=self._process.stdin, flush=True)
        return str(self._answer()["job_id"])

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        process: subprocess.Popen[str] | None = getattr(self, "_process", None)
        if process:
            with contextlib.suppress(BrokenPipeError):
                if process.stdin:
                    process.stdin.close()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
            self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def probe(options: Mapping[str, str], timeout: float = 60) -> dict[str, str]:
    """The `python`, `machine` and `pyflink` of a cluster's Python workers. Raises RunError with the cause."""
    log_dir = new_log_dir("probe")
    options = {**options, "python.client.executable": sys.executable, "restart-strategy.type": "none"}
    environ = _environ([], log_dir, Path(__file__).parents[3], options)
    with tempfile.TemporaryDirectory(prefix="penstock-") as empty:
        command = [sys.executable, "-m", "penstock.jobs.programs.probe"]
        try:
            done = subprocess.run(
                command, env=environ, cwd=empty, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise RunError(f"no answer within {timeout:g} s", do="penstock logs NAME --of taskmanager") from None
    if done.returncode:
        raise cause(RuntimeError(done.stderr), log_dir).error()
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def _environ(jars: Iterable[Path], log_dir: Path, code: Path, options: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that drives PyFlink against a cluster, importing from `code`."""
    environ = {
        **os.environ,
        **gateway.environ(jars, log_dir, gateway.SHORT_LIVED),
        "PYTHONPATH": str(code),
        "PENSTOCK_FLINK_OPTIONS": json.dumps(dict(options)),
        **gateway.NO_FUNCTION_SERVER,  # else the TaskManager waits for a worker in this process
    }
    environ.pop("FLINK_CONF_DIR", None)
    # PyFlink sets this in a process that ran a Python function; a process that inherits it starts no JVM.
    environ.pop("PYFLINK_GATEWAY_DISABLED", None)
    return environ


def _failure(errors: TextIO, log_dir: Path) -> RunError:
    """Why the process ended without an answer, from what it wrote to standard error."""
    errors.flush()
    errors.seek(0)
    text = errors.read()
    log = [f"  log  {log_dir}"]
    if "py4j.protocol" not in text and "Caused by" not in text:
        lines = [line for line in text.strip().splitlines() if line.strip()]
        last = lines[-1] if lines else "the process ended without a message"
        return RunError(f"the job's plan could not be made: {last}", details=log)
    failure = cause(RuntimeError(text), log_dir)
    if failure.what == JOB_FAILED:
        failure = replace(failure, what="the job could not be submitted")
    error = failure.error(log_dir=log_dir)
    if _TWICE in text:
        return AlreadySubmitted(error.head, do=error.do, details=error.details)
    return error
