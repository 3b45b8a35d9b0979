"""`python -m benchmarks.set_up`: set up a copy of the project from nothing, and write what it took to `scripts/setup_size.json`.

Downloads every package and jar anew, into caches of its own. Linux and macOS; needs git and some minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from penstock.scripts.setup_progress import Pip, locked, size
from penstock.scripts.setup_steps import Expected

_ROOT = Path(__file__).parents[1]
_SIZES = _ROOT / "scripts" / "setup_size.json"
_EXAMPLE = "conf/jobs/uppercase_filter.yaml"


def main() -> None:
    """Print time and sizes of the first run of the example, and keep the sizes."""
    with tempfile.TemporaryDirectory() as folder:
        clone, cache = Path(folder) / "clone", Path(folder) / "cache"
        subprocess.run(["git", "clone", "--quiet", str(_ROOT), str(clone)], check=True)
        environ = {**os.environ, "PIP_CACHE_DIR": f"{cache}/pip", "PENSTOCK_CACHE": f"{cache}/penstock"}
        environ.pop("PYTHONPATH", None)
        most, began = 0, time.monotonic()
        with subprocess.Popen([clone / "scripts/run", _EXAMPLE], env=environ, cwd=clone) as running:
            while running.poll() is None:
                most = max(most, held(clone / ".venv"))
                time.sleep(0.5)
        seconds = time.monotonic() - began
        if running.returncode:
            raise SystemExit(f"the first run ended with {running.returncode}")
        pip = Pip(locked((clone / "requirements.lock").read_text("utf-8")), 0, clone, clone)
        for line in re.split(r"^Obtaining file:", (clone / ".venv.log").read_text("utf-8"), flags=re.M)[0].splitlines():
            pip.feed(line)
        installed, kept = held(clone / ".venv"), held(cache / "penstock")
        lock = hashlib.sha256((clone / "requirements.lock").read_bytes()).hexdigest()
        print(f"first run: {seconds:.0f} s; {pip.total} packages, {size(pip.downloaded)} downloaded by pip")
        print(f".venv {size(installed)}, at most {size(most)}; own cache {size(kept)}")
    found = Expected(pip.total, pip.downloaded, installed, max(most, installed), kept, lock)
    _SIZES.write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")


def held(folder: Path) -> int:
    """Bytes on disk below a folder, whatever comes and goes meanwhile."""
    asked = subprocess.run(["du", "-sk", str(folder)], capture_output=True, text=True, check=False).stdout
    return int(asked.split()[0]) << 10 if asked else 0


if __name__ == "__main__":
    main()
