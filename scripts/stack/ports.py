"""Choose ports of the stack on the loopback address, and find the programs that use the others."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.processes import free_port, listening

_LISTEN = "0A"


def choose(
    program: str, option: str, wanted: int | None, usual: int, memory: Path, say: Callable[[str], None]
) -> int:  # fmt: skip
    """Return a free port for a program of the stack.

    `wanted` is the choice of the user, and 0 means any port. Without it, candidates are the port of the last start (stored in the file
    `memory`), the `usual` port, and then any free port. `say` receives a message for each candidate that is in use.

    Raises:
        RunError: another program listens on the wanted port.
    """
    port = _free(program, option, wanted, [*_last(memory), usual], say)
    memory.write_text(f"{port}\n", encoding="utf-8")
    return port


def _free(
    program: str, option: str, wanted: int | None, preferred: Sequence[int], say: Callable[[str], None]
) -> int:  # fmt: skip
    if wanted is not None:
        if wanted and not is_free(wanted):
            raise RunError(
                f"stack: {program} cannot use port {wanted}: another program listens on it",
                found=holder(wanted),
                allowed="a free port",
                do=f"stop that program, choose another {option}, or omit {option} to use any free port",
            )
        return free_port(wanted)
    taken: list[int] = []
    for port in dict.fromkeys(preferred):
        if is_free(port):
            break
        taken.append(port)
    else:
        port = free_port()
    for busy in taken:
        say(f"port {busy} is in use by {holder(busy)}: {program} uses port {port}")
    return port


def _last(memory: Path) -> list[int]:
    with contextlib.suppress(OSError, ValueError):
        return [int(memory.read_text(encoding="utf-8"))]
    return []


def is_free(port: int) -> bool:
    """Whether a program can listen on a port, and clients do not reach another one. Some systems allow a program to bind a port on the
    loopback address while another program listens on the same port on all addresses."""
    return free_port(port) == port and not listening(port)


def holder(port: int) -> str:
    """Return the program that listens on a port, such as `java (process 4711)`, if the system reveals it."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # the process has ended, or belongs to another user
            if any(os.readlink(file) in sockets for file in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text('utf-8').strip()} (process {process.name})"
    return _by_lsof(port) or "a program of another user"


def _inodes(port: int) -> set[str]:
    """Return the inodes of sockets that listen on a port, from the tables of Linux: `sl local_address rem_address st ... inode`."""
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text("utf-8").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found


def _by_lsof(port: int) -> str:
    """Return the same on systems without /proc."""
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"^p(\d+)\nc(.*)$", listed.stdout, re.MULTILINE)
    return f"{match[2]} (process {match[1]})" if match else ""
