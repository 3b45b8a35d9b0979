"""`penstock init`: a new job file, with sample data and a test, that runs at once."""

from __future__ import annotations

import re
from pathlib import Path

import click

from penstock.connectors.base.problems import ConfigError
from penstock.scripts.commands.options import home
from penstock.scripts.scaffold.job_file import files as job_file_files
from penstock.scripts.scaffold.python_job import files as python_files
from penstock.scripts.scaffold.python_job import register

_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)


@click.command(name="init")
@click.argument("name")
@click.option(
    "--python",
    "with_python",
    is_flag=True,
    help="Make a new kind of job too: its module, test and docs page, registered.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="The folder for the job file.  [default: conf/jobs, or here where there is none]",
)
def command(name: str, with_python: bool, into: Path | None) -> None:
    """Make NAME.yaml, NAME_test.yaml and sample data. They run as they are: change them bit by bit."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"init: {name!r:.80}", "", "a name such as order_totals: lower case, digits and _", "choose such a name"
        )
    root = Path.cwd()
    if with_python and not (root / "jobs" / "__init__.py").is_file():
        raise ConfigError(
            f"init --python: {root} has no jobs/", "", "the project's own folder", "cd to where the project was cloned"
        )
    folder = into or home()
    made = python_files(name, folder) if with_python else job_file_files(name, folder)
    taken = [path for path in made if path.exists()]
    if taken:
        raise ConfigError(f"init: {taken[0]} exists already", do="choose another name, or delete it")
    for path, text in made.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise ConfigError(f"init: cannot write {path}: {problem.strerror}", do="choose another --into") from None
        click.echo(f"made {path}")
    if with_python:
        click.echo(f"changed {register(name, root)}")
    click.echo(f"next: penstock run {folder / f'{name}.yaml'}; penstock test {folder / f'{name}.yaml'}", err=True)
