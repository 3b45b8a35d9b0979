"""A small disk for the checkpoints, which can be filled. Only root may mount one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

_SIZE = 64 << 20


class Disk:
    """A file system in memory at `folder`, of 64 MiB."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._filler = folder, folder / "filler"
        self._mounted = False

    def mount(self) -> None:
        """Raises AssertionError when this process may not mount it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(self._folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (
            f"a full disk needs a disk of its own, which only root may mount: {done.stderr.strip()}"
        )
        self._mounted = True

    def fill(self) -> None:
        """Fill the disk completely."""
        with self._filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 16))
                file.flush()

    def free(self) -> None:
        """Free the space again."""
        self._filler.unlink(missing_ok=True)

    def unmount(self) -> None:
        """Unmount the disk."""
        if self._mounted:
            subprocess.run(["umount", "-l", str(self._folder)], capture_output=True, check=False)

    @staticmethod
    def allowed() -> bool:
        """Whether this process may mount a disk."""
        return os.geteuid() == 0 and Path("/bin/mount").exists()
