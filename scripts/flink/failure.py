"""The cause of a failure in one screen: the root cause first, then where it happened, without the exceptions wrapped around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.texts import shortened
from penstock.scripts.flink.known_failures import explain

_WRAPPERS = (
    "JobExecutionException",
    "JobException",
    "ExecutionException",
    "CompletionException",
    "ProgramInvocationException",
    "UndeclaredThrowableException",
    "AsynchronousException",
)
_GENERIC = (
    "One or more fetchers",
    "SplitFetcher thread",
    "Recovery is suppressed",
    "Failed to wait job finish",
    "Failed to deserialize consumer record",  # without the record's position
    "java.",
    "org.",
)
_CONSEQUENCES = ("TaskNotRunningException",)
_MOST_LINES = 30
JOB_FAILED = "the job failed"
_LOG_TAIL = 4 << 20
_END = r"(?=\n\s+at |\n\s*\.\.\. \d+ |\n\s*Caused by: |\n\s*Suppressed: |\s*\Z)"
_CLASS = re.compile(rf"^(?:Caused by: |: )?(?:[a-z_0-9]+\.)+([A-Z][\w$]*)(?:: (.*?))?{_END}", re.MULTILINE | re.DOTALL)
"""An exception in a Java stack trace, with all lines of its message."""

_FAILED = re.compile(r"to FAILED[^\n]* with failure cause:\s*\n(.*?)(?=\n\d{4}-\d\d-\d\d |\Z)", re.DOTALL)


@dataclass(frozen=True)
class Failure:
    """Why a job failed: `what` failed and its root cause in a line each, the lines below them (without the wrappers around the cause),
    and for a known failure its explanation and its fix."""

    what: str
    reason: str
    details: tuple[str, ...] = ()
    why: str = ""
    do: str = ""

    @property
    def head(self) -> str:
        """The failure in one line."""
        return f"{self.what}: {self.reason}"

    def error(self, head: str = "", do: str = "", log_dir: Path | None = None) -> RunError:
        """The failure as an error: behind `head: ` when one is passed, with the folder of its log. `do` follows the failure's own fix."""
        log = [f"  log  {log_dir}"] if log_dir else []
        why = [f"  why      {self.why}"] if self.why else []
        own = RunError(self.head, do=self.do, details=[*self.details, *why, *log])
        return RunError.because(head, own, do) if head else own

    def text(self) -> str:
        """The failure for a person."""
        return str(self.error())


def cause(problem: BaseException, log_dir: Path | None = None) -> Failure:
    """The root cause of an exception of PyFlink, Py4J or Java.

    Sometimes Flink reports a consequence of the failure (an event to the failed task was lost) instead of the failure itself. Then the
    failure is read from the log in `log_dir`.
    """
    failure = _cause(problem, log_dir)
    known = explain(failure.text()) or explain(_all_text(problem))
    return replace(failure, why=known.why, do=known.do) if known else failure


def _all_text(problem: BaseException) -> str:
    return "\n".join(f"{name}: {text}" for name, text in _chain(problem))


def _cause(problem: BaseException, log_dir: Path | None) -> Failure:
    chain = _chain(problem)
    if chain[-1][0] in _CONSEQUENCES:
        chain = (_logged(log_dir) if log_dir else []) or chain
    if python := _python_traceback("\n".join(text for _, text in chain)):
        return python
    name, text = next(((n, t) for n, t in reversed(chain) if t), chain[-1])
    lines = [f"{name}: {_short(text)}"]
    above = [(n, t) for n, t in reversed(chain[:-1]) if t and n not in _WRAPPERS and not t.startswith(_GENERIC)]
    above = [(n, t) for n, t in above if _short(t) not in lines[0]]
    lines += [f"  in  {n}: {_short(t, 300)}" for n, t in above[:4]]
    return _failure(JOB_FAILED, lines)


def _logged(log_dir: Path) -> list[tuple[str, str]]:
    """The last failure of a task in Flink's log that is not a consequence of another."""
    logs = sorted(log_dir.glob("*.log"), key=lambda file: file.stat().st_size)
    text = logs[-1].read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:] if logs else ""
    for entry in reversed(_FAILED.findall(text)):
        chain = [(name, rest) for name, rest in _CLASS.findall(entry)]
        traceback = entry.find("Traceback (most recent call last)")
        if traceback >= 0:
            chain.append(("PythonException", entry[traceback:]))
        if chain and chain[-1][0] not in _CONSEQUENCES:
            return chain
    return []


def _chain(problem: BaseException) -> list[tuple[str, str]]:
    """Class name and message of each exception, from the outermost to the root cause."""
    java = getattr(problem, "java_exception", None)
    if java is None:
        text = str(problem)
        return _CLASS.findall(text) or [(type(problem).__name__, text)]
    chain = []
    for _ in range(30):
        if java is None:
            break
        chain.append((java.getClass().getSimpleName(), str(java.getMessage() or "")))
        java = java.getCause()
    return chain


def _python_traceback(text: str) -> Failure | None:
    """The last Python traceback in Java's message, with the line of the error itself first."""
    start = text.rfind("Traceback (most recent call last)")
    if "FunctionFailed" in text:
        start = text.find("Traceback (most recent call last)")
    if start < 0:
        return None
    lines = []
    for line in text[start:].splitlines():
        if line.lstrip().startswith(("at org.", "at java.", "Caused by:")):
            break
        lines.append(line.rstrip())
    own = next((line for line in reversed(lines) if "FunctionFailed:" in line), None) or next(
        line for line in reversed(lines) if line.strip()
    )
    frames = [line for line in lines if line.strip()]
    user = _until_cause(frames)
    return _failure(
        "a Python function failed", [own.split("FunctionFailed: ")[-1], *(f"  {line}" for line in user[-_MOST_LINES:])]
    )


def _failure(what: str, lines: list[str]) -> Failure:
    reason, *details = "\n".join(lines).split("\n")
    return Failure(what, reason, tuple(details))


def _until_cause(lines: list[str]) -> list[str]:
    """The user's own traceback: the lines before Python's "direct cause" line. A wrong result has no cause, and its traceback holds
    frames of Flink's alone."""
    for index, line in enumerate(lines):
        if "was the direct cause of the following" in line:
            return lines[:index]
    return [] if any("FunctionFailed: " in line for line in lines) else lines


def _short(text: str, most: int = 1500) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines() if line.strip()]
    return shortened("\n".join(lines[:12]), most)
