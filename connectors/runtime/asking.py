"""Ask another system with the client and the options with which a job connects: by a Java program of a connector."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.home import SMALL_PROGRAM, flink_home, java_home
from penstock.connectors.runtime.jars import jars

_TIMEOUT = 60


def ask(program: str, jar_names: Sequence[str], request: Mapping[str, Any], head: str) -> dict[str, Any]:
    """Run the main class `program` with the request as JSON on its standard input, and return its answer.

    An answer that takes too long has the key `error`. `head` begins the message of the RunError that is raised if the program fails.
    """
    path = [*jars(jar_names), *jars(["penstock"]), *sorted((flink_home() / "lib").glob("flink-dist*.jar"))]
    command = [java_home() / "bin" / "java", *SMALL_PROGRAM, "-cp"]
    try:
        done = subprocess.run(
            [*map(str, command), os.pathsep.join(map(str, path)), program], input=json.dumps(request),
            capture_output=True, text=True, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {_TIMEOUT} s"}
    if done.returncode:
        raise RunError(head, done.stderr.strip()[-1000:])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
