"""Whether a stream can show colours and lines that change in place. Uses only the standard library, because set-up needs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import IO


def fancy(stream: IO[str], environ: Mapping[str, str] = os.environ) -> bool:
    """Whether colours and lines that change in place are wanted there: https://no-color.org."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
