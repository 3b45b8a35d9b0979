"""`penstock package`: all that a job needs, as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import answer, job_file, packed


@click.command(name="package")
@job_file
@click.option("--to", type=click.Path(path_type=Path), help="The file; NAME.zip in the current folder when left out.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How the result is printed.")
def command(job: Path, overlays: Any, settings: Any, to: Path | None, output: str) -> None:
    """Pack JOB with code, your modules, jars and models into one archive. The same input gives the same bytes."""
    from penstock.connectors.runtime.jars import digest

    package = packed(job, overlays, settings)
    file = to or Path(f"{package.name}.zip")
    package.write(file)
    found = {
        "name": package.name,
        "file": str(file),
        "sha256": digest(file),
        "config": package.config_hash,
        "code": package.code_hash,
    }
    answer(output, f"{file}: sha256 {found['sha256']}, {file.stat().st_size:,} bytes", found)
