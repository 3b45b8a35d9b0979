"""The ports of the stack on the loopback address: which are free, and which program listens on the others."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from penstock.connectors.base.problems import RunError
from penstock.scripts.stack.processes import free_port, listening

_LISTEN = "0A"


def choose(
    program: str, option: str, wanted: int | None, usual: int, memory: Path, say: Callable[[str], None]
) -> int:  # fmt: skip
    """A free port for a program of the stack.

    `wanted` is the user's choice: it is used, or an error. Where it is None the port that the program had last time is used (the
    file `memory` holds it), else its `usual` one, else any; `say` is told when one of these is taken. 0 means any port.

    Raises:
        RunError: something else listens on the wanted port.
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
                f"stack: {program} cannot use port {wanted}: something else listens there",
                found=holder(wanted),
                allowed="a free port",
                do=f"stop that program, name another {option}, or leave {option} out: then a free port is chosen",
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
        say(f"port {busy} is taken by {holder(busy)}: {program} uses port {port}")
    return port


def _last(memory: Path) -> list[int]:
    with contextlib.suppress(OSError, ValueError):
        return [int(memory.read_text(encoding="utf-8"))]
    return []


def is_free(port: int) -> bool:
    """Whether a program can listen there, and clients reach no other one. On some systems a port of the loopback address can be
    taken although another program listens on that port of every address."""
    return free_port(port) == port and not listening(port)


def holder(port: int) -> str:
    """The program that listens on a port, such as `java (process 4711)`, as far as the system tells."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or it is another user's
            if any(os.readlink(file) in sockets for file in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text('utf-8').strip()} (process {process.name})"
    return _by_lsof(port) or "a program that this user may not see"


def _inodes(port: int) -> set[str]:
    """The sockets that listen on a port, by the Linux kernel's tables: `sl local_address rem_address st ... inode`."""
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text("utf-8").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found


def _by_lsof(port: int) -> str:
    """The same on systems without /proc."""
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"^p(\d+)\nc(.*)$", asked.stdout, re.MULTILINE)
    return f"{match[2]} (process {match[1]})" if match else ""
