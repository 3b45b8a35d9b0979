"""How long it takes from `penstock submit` to RUNNING on a local stack: `python -m benchmarks.submit [ROUNDS]`.

Brings up a stack of its own in a temporary folder, submits and stops the uppercase example's Kafka form so often, and takes it down.
Prints one JSON line: seconds of each round, and their median.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PENSTOCK = Path(sys.executable).with_name("penstock")


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:

        def penstock(*arguments: str, **environ: str) -> str:
            done = subprocess.run(
                [PENSTOCK, *arguments],
                cwd=folder,
                env={**os.environ, **environ},
                check=True,
                capture_output=True,
                text=True,
            )
            return done.stdout

        penstock("stack", "up", "--port", "29192", "--rest-port", "28181")
        try:
            kafka = json.loads(penstock("stack", "status", "--output", "json"))["kafka"]["address"]
            for topic in ("names", "names-upper"):
                penstock("topics", "create", topic, KAFKA=kafka)
            seconds = []
            for _ in range(rounds):
                started = time.monotonic()
                penstock("submit", str(ROOT / "conf/jobs/uppercase_filter_kafka.yaml"), "--fresh", KAFKA=kafka)
                seconds.append(round(time.monotonic() - started, 1))
                penstock("stop", "uppercase-filter-kafka")
            print(json.dumps({"submit_s": seconds, "median_s": statistics.median(seconds)}))
        finally:
            penstock("stack", "down")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
