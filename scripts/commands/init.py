"""`penstock init`: create a job file that validates, with what it reads."""

from __future__ import annotations

import re
from pathlib import Path

import click

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.commands import complete
from penstock.scripts.commands.options import home
from penstock.scripts.scaffold.job_file import files as job_file_files
from penstock.scripts.scaffold.python_job import files as python_files
from penstock.scripts.scaffold.python_job import register

_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)


@click.command(name="init")
@click.argument("name")
@click.option(
    "--from",
    "source",
    metavar="SOURCE",
    shell_complete=complete.sources,
    help="Start from the example of this source, such as kafka.",
)
@click.option(
    "--job",
    "job",
    metavar="JOB",
    shell_complete=complete.kinds,
    help="Start from the example of this job, such as dedup.",
)
@click.option(
    "--to",
    "sink",
    metavar="SINK",
    shell_complete=complete.sinks,
    help="Start from the example of this sink.  [default: console]",
)
@click.option(
    "--python",
    "with_python",
    is_flag=True,
    help="Create a new kind of job: its module, test and docs page, registered.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="The folder for the job file.  [default: conf/jobs if it exists, else the current folder]",
)
def command(
    name: str, source: str | None, job: str | None, sink: str | None, with_python: bool, into: Path | None
) -> None:
    """Create the job file NAME.yaml. Edit it step by step: it validates from the start.

    Without --from and --job, the file filters sample data that comes with it, and NAME_test.yaml tests it. With both, the file consists
    of the examples of one source, one job and one sink. `penstock list` shows their names.

    \b
    Examples:
      penstock init orders
      penstock init orders --from kafka --job rolling_sum --to kafka
      penstock init orders --from files --job dedup
      penstock init order_totals --python
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "init: NAME is not allowed",
            f'"{name[:80]}"',
            "lower-case letters, digits and _, a letter first, at most 61",
            "choose a name such as order_totals",
        )
    root = Path.cwd()
    if with_python and not (root / "jobs" / "__init__.py").is_file():
        raise ConfigError(
            "init: --python needs the source tree of Penstock",
            f"no jobs/__init__.py in {root}",
            "a clone of the project",
            "change to the folder of the clone",
        )
    folder = into or home()
    made = _files(name, folder, source, job, sink, with_python)
    taken = [path for path in made if path.exists()]
    if taken:
        raise ConfigError(f"init: {taken[0]} exists already", do="choose another name, or delete the file")
    for path, text in made.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise ConfigError(f"init: cannot write {path}: {problem.strerror}", do="choose another --into") from None
        click.echo(f"created {path}")
    if with_python:
        click.echo(f"changed {register(name, root)}")
    file = folder / f"{name}.yaml"
    following = (
        f"penstock run {file}; penstock test {file}"
        if job is None
        else f"penstock validate {file}; penstock run {file}"
    )
    click.echo(f"next: {following}", err=True)


def _files(
    name: str, folder: Path, source: str | None, job: str | None, sink: str | None, with_python: bool
) -> dict[Path, str]:
    """Return path to text of the files to write. Raises ConfigError when the options do not fit together."""
    given = [option for option, value in (("--from", source), ("--job", job), ("--to", sink)) if value is not None]
    if with_python:
        if given:
            raise ConfigError(
                "init: --python cannot be combined with --from, --job or --to",
                f"--python with {', '.join(given)}",
                "--python, or --from and --job",
                f"leave out --python or {', '.join(given)}",
            )
        return python_files(name, folder)
    if source is not None and job is not None:
        from penstock.scripts.scaffold.combination import Combination

        return Combination(source, job, sink or "console").files(name, folder)
    if given:
        raise ConfigError(
            "init: --from and --job belong together",
            f"only {', '.join(given)}",
            "--from SOURCE --job JOB, and optionally --to SINK",
            "add the missing option; penstock list shows the names",
        )
    return job_file_files(name, folder)
