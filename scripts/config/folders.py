"""The YAML files of a folder."""

from __future__ import annotations

from pathlib import Path


def yaml_files(folder: Path, stem: str = "*") -> list[Path]:
    """The YAML files in a folder and the folders below it whose name without suffix matches `stem`, sorted.

    Files and folders whose name begins with a dot, such as `.venv`, are left out, except `folder` itself.
    """
    found = (file for suffix in ("yaml", "yml") for file in folder.rglob(f"{stem}.{suffix}"))
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts))
