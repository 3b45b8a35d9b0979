"""`python -m benchmarks.decode_json`: how long the decoders of JSON take for a record of about 200 bytes with 9 fields.

Compares Penstock's decoder with the two of Flink (`json.decode.json-parser.enabled` is true by default), in one process and in turn.
Prints the median time of a record, and the ratio to the faster one of Flink's.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.java_program import run_java

_PROGRAM = Path(__file__).parent / "java" / "DecodeJson.java"
_LINE = re.compile(r"(\d) of 9 fields +(.+?) +(\d+) ns")


def main() -> None:
    """Print the times and the ratios."""
    done = run_java(_PROGRAM)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    times: dict[str, dict[str, int]] = {}
    for line in done.stdout.splitlines():
        print(line)
        if match := _LINE.fullmatch(line):
            times.setdefault(match[1], {})[match[2]] = int(match[3])
    for used, found in times.items():
        flink = min(time for name, time in found.items() if name.startswith("flink"))
        print(f"{used} of 9 fields: {flink / found['penstock']:.2f} times as fast as Flink's faster decoder")


if __name__ == "__main__":
    main()
