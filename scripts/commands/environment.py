"""`penstock environment`: pack the packages of this Python for a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import output_option
from penstock.scripts.commands.output import answer, quiet, step


@click.command(name="environment")
@click.argument("file", type=click.Path(path_type=Path), default=Path("environment.zip"))
@quiet
@output_option
def command(file: Path, output: str) -> None:
    """Pack the packages of this Python into FILE. Machines with only Python can then run your functions.

    Name FILE as `python_archive` in the target file.

    \b
    Examples:
      penstock environment
      penstock environment build/environment.zip
    """
    from penstock.scripts.cluster.environment import pack_environment

    step("packing the packages of this Python")
    size = pack_environment(file)
    text = f"{file}: {size:,} bytes\n  do       in the target: python_archive: {file}, python: {file.name}/bin/python"
    answer(output, text, {"file": str(file), "bytes": size, "python": f"{file.name}/bin/python"})
