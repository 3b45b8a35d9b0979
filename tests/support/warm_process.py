"""Run the `penstock` command in a process that has its modules imported already, which saves most of the time of a short command.

A server process imports the modules once. For each command it forks a child, which has its own arguments, folder, environment, input and
output, and ends as the installed command does. What a user waits for at the start of a command is not measured with it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_LONGEST = 1 << 18
_MODULES = (
    "kafka",
    "pyflink.table",
    "rich.console",
    "rich.table",
    "yaml",
    "penstock.jobs.pipeline.pipeline",
    "penstock.scripts.config.load",
)


class WarmProcess:
    """The server of one test process, started with the first command."""

    def __init__(self, program: Path, environ: Mapping[str, str]) -> None:
        self._program, self._environ = program, dict(environ)
        self._control: socket.socket | None = None

    def run(
        self, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], stdin: str | None, timeout: float, code: str = "",
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        """Run the command to its end, or this Python code in place of it. Raises TimeoutError."""
        ours, theirs = socket.socketpair()
        with (
            ours,
            tempfile.TemporaryFile("w+") as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin or "")
            given.seek(0)
            words = [str(self._program), *arguments]
            request = json.dumps({"argv": words, "cwd": str(cwd), "environ": dict(environ), "code": code}).encode()
            with theirs:
                files = [one.fileno() for one in (theirs, given, out, err)]
                socket.send_fds(self._server(), [request], files)
            ours.settimeout(timeout)
            status = int(ours.recv(16) or b"-9")
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode().replace("\r\n", "\n"))
        return subprocess.CompletedProcess(words, status, *texts)

    def _server(self) -> socket.socket:
        if not self._control:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                subprocess.Popen(
                    [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], env=self._environ,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
        return self._control


def _serve(control: socket.socket) -> str:
    """Answer requests until the test process ends. Returns only in the child of a request, which then is the command: its code."""
    while True:
        request, files, _, _ = socket.recv_fds(control, _LONGEST, 4)
        if not request:
            os._exit(0)
        if not os.fork():
            control.close()
            answer = files[0]
            command = os.fork()
            if not command:
                return _become(json.loads(request), files)
            for file in files[1:]:
                os.close(file)
            _, status = os.waitpid(command, 0)
            os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
            os._exit(0)
        for file in files:
            os.close(file)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _become(request: dict[str, Any], files: list[int]) -> str:
    for number, file in enumerate(files[1:]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    sys.argv = request["argv"]
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if log := os.environ.pop("WARM_JVM_LOG", None):
        _read_failures_from(Path(log))
    return str(request["code"])


def _read_failures_from(folder: Path) -> None:
    """Let the command find a failure that is only in the log of its JVM, which here is not in the command's own log folder."""
    from penstock.scripts.flink import failure

    logged = failure._logged
    failure._logged = lambda log_dir: logged(log_dir) or logged(folder)


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, which the command does not have
    channel = socket.socket(fileno=int(sys.argv[1]))
    from penstock.scripts import commands
    from penstock.scripts.main import main

    for found in (*_MODULES, *(one.name for one in pkgutil.iter_modules(commands.__path__, commands.__name__ + "."))):
        importlib.import_module(found)
    if program := _serve(channel):
        exec(compile(program, "program", "exec"), {"__name__": "__main__"})
    else:
        main()
