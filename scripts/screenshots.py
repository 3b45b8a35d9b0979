"""Draw the terminal pictures of `docs/images`: `python -m penstock.scripts.screenshots`.

Each shows a command as a terminal of 80 or 120 columns shows it. The same code draws the same bytes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from penstock.scripts.commands.list import plugs
from penstock.scripts.console.terminal import Terminal
from penstock.scripts.main import cli

FOLDER = Path(__file__).parents[2] / "docs" / "images"
WIDTHS = (80, 120)
COMMANDS = {"help": "penstock --help", "validate": "penstock validate orders.yaml", "list": "penstock list jobs"}
_JOB = """\
name: orders
source: {values: {columns: {user: string, amount: double}, rows: []}}
job:
  map: {function: square, of: amout, to: squared}
sink: {console: {}}
"""
_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def picture(name: str, width: int) -> str:
    """The SVG of a command."""
    console = Terminal(io.StringIO(), width, record=True)
    console.line(f"$ {COMMANDS[name]}")
    if name == "help":
        console.line(CliRunner().invoke(cli, ["--help"], prog_name="penstock", terminal_width=width).output.rstrip())
    elif name == "validate":
        console.line(_error())
    else:
        console.table(plugs("jobs"))
    svg = console.rich.export_svg(title=COMMANDS[name], unique_id=f"penstock-{name}")
    return _FONTS.sub("", svg)  # a picture fetches no fonts


def _error() -> str:
    """What `validate` says about a misspelt column."""
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        Path("orders.yaml").write_text(_JOB, encoding="utf-8")
        return str(CliRunner().invoke(cli, ["validate", "orders.yaml"]).exception)


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in COMMANDS:
        for width in WIDTHS:
            (FOLDER / f"{name}-{width}.svg").write_text(picture(name, width), encoding="utf-8")


if __name__ == "__main__":
    main()
