"""`penstock validate`: check job files without starting a JVM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.connectors.config.problems import ConfigError, listed
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.commands import complete
from penstock.scripts.commands.options import folders
from penstock.scripts.config.folders import yaml_files
from penstock.scripts.config.load import load
from penstock.scripts.config.user_code import check_modules
from penstock.scripts.stack.addresses import Variables
from penstock.scripts.testing.cases import is_test, load_cases


@click.command(name="validate")
@click.argument("jobs", nargs=-1, required=True, type=click.Path(path_type=Path), shell_complete=complete.job_files)
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    type=click.Path(path_type=Path),
    shell_complete=complete.job_files,
    help="Merge a YAML file over each job file.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set one key of each job file.")
def command(jobs: tuple[Path, ...], overlays: Any, settings: Any) -> None:
    """Check JOBS without starting anything: job files, test files or folders of them. In a folder, files and folders
    whose name begins with a dot are left out.

    All errors are printed at once, each with its line. Exit 2 when a file has an error.

    \b
    Examples:
      penstock validate job.yaml
      penstock validate conf/jobs --overlay production.yaml
    """
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
    """The job files of a path: itself, or every YAML file in a folder that is neither a test nor hidden. Raises ConfigError for an empty
    folder."""
    if not path.is_dir():
        return [path]
    files = sorted(f for f in yaml_files(path) if not is_test(f))
    if not files:
        raise ConfigError(f"{path}: this folder has no YAML file", do="name a job file")
    return files


def _elsewhere(pipeline: Pipeline) -> str:
    """What a job needs and a run on this machine does not have."""
    schemes = {connector.file_system for connector in pipeline.connectors() if connector.file_system}
    return f" (needs a cluster with a file system for {listed(schemes)}; `run` has none)" if schemes else ""
