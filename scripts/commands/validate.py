"""`penstock validate`: check job files without starting a JVM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.connectors.base.problems import ConfigError, listed
from penstock.jobs.base.pipeline import Pipeline
from penstock.scripts.commands.options import folders
from penstock.scripts.config.load import load
from penstock.scripts.config.user_code import check_modules
from penstock.scripts.stack.addresses import Variables
from penstock.scripts.testing.cases import is_test, load_cases


@click.command(name="validate")
@click.argument("jobs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A YAML file merged over each job file.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set one key.")
def command(jobs: tuple[Path, ...], overlays: Any, settings: Any) -> None:
    """Check JOBS: job files, test files, or folders of them. Every error comes at once, with its line. Exit 2 when there is one."""
    errors: list[ConfigError] = []
    environ = Variables()
    files = [file for job in jobs for file in job_files(job)]
    for file in files:
        try:
            if is_test(file):
                click.echo(f"{file}: ok ({len(load_cases(file).cases)} tests)")
                continue
            config = load(file, overlays, settings, environ)
            check_modules(config, folders(file))
            click.echo(f"{file}: ok{_elsewhere(config.pipeline)}")
            for connector in config.pipeline.connectors():
                for note in connector.notes:
                    click.echo(f"{file}: note: {note}", err=True)
        except ConfigError as problem:
            errors.append(problem)
    if errors:
        raise ConfigError.together(errors)


def job_files(path: Path) -> list[Path]:
    """The job files of a path: itself, or every YAML file in a folder that is not a test. Raises ConfigError for none."""
    if not path.is_dir():
        return [path]
    files = sorted(f for f in path.rglob("*.y*ml") if not is_test(f))
    if not files:
        raise ConfigError(f"{path}: no YAML file in this folder", do="name a job file")
    return files


def _elsewhere(pipeline: Pipeline) -> str:
    """What a job needs that a run on this machine does not have."""
    schemes = {connector.file_system for connector in pipeline.connectors() if connector.file_system}
    return f" (needs a cluster with a file system for {listed(schemes)}; `run` has none)" if schemes else ""
