"""Flink's REST interface: answers are parsed JSON, failures are errors that say what to do."""

from __future__ import annotations

import os
import time
from typing import Any
from urllib.parse import quote

import requests

from penstock.connectors.config.problems import RunError

_TAKE_OVER = 30.0


class Unreachable(RunError):
    """Nothing answers at the address, or not in time: a request may or may not have taken effect."""


class Rejected(RunError):
    """The cluster rejected the request; `status` is the HTTP status."""

    def __init__(self, status: int, head: str, do: str = "") -> None:
        self.status = status
        super().__init__(head, do=do)


class Rest:
    """A JobManager's REST address, such as `http://127.0.0.1:8081`. Each call takes `timeout` seconds at most."""

    def __init__(self, address: str, timeout: float = 10, start: str = "penstock stack up") -> None:
        self.address = address.rstrip("/")
        self._timeout, self._start = timeout, start
        self._session = requests.Session()
        self._session.trust_env = False  # ignore the proxies that the environment names
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._patience = 0.0

    def get(self, *path: str, **query: str) -> Any:
        """The answer to GET; `path` parts are joined with slashes. Raises Unreachable or Rejected."""
        return self._ask("GET", path, params=query)

    def post(self, *path: str, body: Any = None) -> Any:
        """The answer to POST. Raises Unreachable or Rejected."""
        return self._ask("POST", path, json=body if body is not None else {})

    def patch(self, *path: str, **query: str) -> Any:
        """The answer to PATCH. Raises Unreachable or Rejected."""
        return self._ask("PATCH", path, params=query)

    def text(self, *path: str) -> str:
        """The answer to GET as text: a log. Raises Unreachable or Rejected."""
        return self._send("GET", path).text

    def _ask(self, method: str, path: tuple[str, ...], **more: Any) -> Any:
        answer = self._send(method, path, **more)
        try:
            return answer.json()
        except ValueError:
            raise Rejected(
                answer.status_code,
                f"what answers at {self.address} is not a Flink REST interface",
                do="correct the target's address",
            ) from None

    def _send(self, method: str, path: tuple[str, ...], **more: Any) -> requests.Response:
        """Once the cluster has answered, a GET is repeated while nothing answers, because a new JobManager may take over. A request that
        changes something is not repeated: it may have taken effect."""
        until = time.monotonic() + (self._patience if method == "GET" else 0)
        while True:
            try:
                answer = self._once(method, path, **more)
                self._patience = _TAKE_OVER
                return answer
            except Unreachable:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def _once(self, method: str, path: tuple[str, ...], **more: Any) -> requests.Response:
        url = self.address + "/" + "/".join(quote(part.strip("/"), safe="/:") for part in path)
        try:
            answer = self._session.request(method, url, timeout=self._timeout, **more)
        except requests.exceptions.Timeout:
            raise Unreachable(
                f"Flink at {self.address} did not answer within {self._timeout:g} s", do="look at the JobManager's log"
            ) from None
        except (requests.exceptions.RequestException, ValueError) as problem:
            raise Unreachable(
                f"no Flink answers at {self.address} ({type(problem).__name__})",
                do=f"start one ({self._start}), or correct the target's address",
            ) from None
        if answer.status_code >= 400:
            raise Rejected(answer.status_code, f"Flink at {self.address} rejected: {_reason(answer)}")
        return answer


def _reason(answer: requests.Response) -> str:
    """The root cause in Flink's list of Java stack traces, in one line."""
    try:
        errors = [str(error) for error in answer.json()["errors"]]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
    return last_cause("\n".join(errors)).split("Exception: ", 1)[-1] or f"HTTP {answer.status_code}"


def last_cause(trace: str) -> str:
    """The root cause of a Java stack trace in one line; empty when the trace has none."""
    lines = [line.strip() for line in trace.splitlines() if line.strip() and not line.strip().startswith("at ")]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or [""])[-1 if causes else 0][:500]
