"""`penstock package`: pack everything that a job needs into one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import job_file, output_option, packed
from penstock.scripts.commands.output import answer, quiet


@click.command(name="package")
@job_file
@click.option(
    "--to", type=click.Path(path_type=Path), help="The file to write. Left out: NAME.zip in the current folder."
)
@quiet
@output_option
def command(job: Path, overlays: Any, settings: Any, to: Path | None, output: str) -> None:
    """Pack JOB with code, your modules, jars and models into one archive. The same input produces the same bytes.

    \b
    Examples:
      penstock package job.yaml
      penstock package job.yaml --to build/orders.zip
    """
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
