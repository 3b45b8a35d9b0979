"""`penstock environment`: this Python's packages, to travel with jobs."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer


@click.command(name="environment")
@click.argument("file", type=click.Path(path_type=Path), default=Path("environment.zip"))
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How the result is printed.")
def command(file: Path, output: str) -> None:
    """Pack the packages of this Python into FILE, for a target's python_archive: machines that have Python and nothing else can then
    run your functions."""
    from penstock.scripts.cluster.environment import pack_environment

    size = pack_environment(file)
    text = f"{file}: {size:,} bytes\n  do       in the target: python_archive: {file}, python: {file.name}/bin/python"
    answer(output, text, {"file": str(file), "bytes": size, "python": f"{file.name}/bin/python"})
