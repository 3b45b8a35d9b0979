"""`python -m benchmarks.run_example`: wall time and peak memory of `penstock run` on the shipped example, three times."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_EXAMPLE = "conf/jobs/uppercase_filter.yaml"
_RUNS = 3


def main() -> None:
    """Print a line a run, then the medians."""
    seen = []
    for number in range(_RUNS):
        seconds, peak = measure([str(Path(sys.executable).with_name("penstock")), "run", _EXAMPLE, "--quiet"])
        seen.append((seconds, peak))
        print(f"run {number + 1}: {seconds:.1f} s, {peak} MiB at most, all processes together")
    seconds, peak = sorted(seen)[_RUNS // 2]
    print(f"median: {seconds:.1f} s, {peak} MiB")


def measure(command: list[str]) -> tuple[float, int]:
    """Seconds, and the greatest resident memory in MiB of the command with all its children."""
    started, peak = time.monotonic(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.05)
    return time.monotonic() - started, peak >> 10


def _resident(root: int) -> int:
    """KiB of a process and everything below it."""
    asked = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True)
    rows = [tuple(map(int, line.split())) for line in asked.stdout.splitlines()]
    family, grew = {root}, True
    while grew:
        more = {pid for pid, parent, _ in rows if parent in family} - family
        family |= more
        grew = bool(more)
    return sum(rss for pid, _, rss in rows if pid in family)


if __name__ == "__main__":
    main()
