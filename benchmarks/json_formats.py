"""`python -m benchmarks.json_formats`: how long JSON records of about 200 bytes with 9 fields take to decode and to encode.

Compares Penstock's decoder and encoder with those of Flink (which has two decoders), in one process and in turn. Prints the median time of
a record, and the ratio to the faster one of Flink's.
"""

from __future__ import annotations

import re
from pathlib import Path

from java_program import run_java

_PROGRAMS = Path(__file__).parent / "java"
_LINE = re.compile(r"(.+? fields) +(.+?) +(\d+) ns")


def main() -> None:
    """Print the times and the ratios."""
    times: dict[str, dict[str, int]] = {}
    for name in ("DecodeJson", "EncodeJson"):
        done = run_java(_PROGRAMS / f"{name}.java")
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        for line in done.stdout.splitlines():
            print(line)
            if match := _LINE.fullmatch(line):
                times.setdefault(match[1], {})[match[2]] = int(match[3])
    for what, found in times.items():
        flink = min(time for name, time in found.items() if name.startswith("flink"))
        print(f"{what}: {flink / found['penstock']:.2f} times as fast as Flink")


if __name__ == "__main__":
    main()
