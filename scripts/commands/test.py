"""`penstock test`: run the YAML tests beside job files."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import click

from penstock.connectors.config.problems import ConfigError, RunError
from penstock.scripts.commands import complete
from penstock.scripts.commands.options import folders, home
from penstock.scripts.commands.output import progress, quiet, step
from penstock.scripts.config.user_code import importable
from penstock.scripts.testing.cases import find, load_cases
from penstock.scripts.testing.check import Compute, Result, run_file
from penstock.scripts.testing.compute import by_flink, by_reference

_SIGNS = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip", "updated": "new "}


@click.command(name="test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True), shell_complete=complete.job_files)
@click.option(
    "--flink", is_flag=True, help="Run them in Flink, on one shared mini-cluster, instead of the Python reference."
)
@click.option(
    "--update",
    is_flag=True,
    help="Replace the expectations that fail by the actual rows. Read the change before you keep it.",
)
@quiet
def command(paths: tuple[Path, ...], flink: bool, update: bool) -> None:
    """Run the tests of PATHS: job files, test files or folders. Without PATHS: conf/jobs if it exists, else this folder.

    \b
    Examples:
      penstock test
      penstock test conf/jobs/dedup.yaml --flink
      penstock test my_job_test.yaml --update
    """
    started = time.monotonic()
    files = find(list(paths) or [home()])
    if flink:
        step("running the tests in Flink")
    results = _flink(files, update) if flink else _all(files, by_reference, update)
    progress().end()
    for result in results:
        click.echo(f"{_SIGNS[result.state]} {result.name}" + (f" ({result.text})" if result.state == "skipped" else ""))
        if result.state == "failed":
            click.echo("".join(f"       {line}\n" for line in result.text.splitlines()), nl=False)
    counts = Counter(result.state for result in results)
    text = ", ".join(f"{counts[state]} {state}" for state in _SIGNS if counts[state])
    click.echo(f"{text} in {time.monotonic() - started:.1f} s", err=True)
    if counts["failed"]:
        raise RunError("lines with - were expected and are missing; lines with + are unexpected")


def _all(files: list[Path], compute: Compute, update: bool) -> list[Result]:
    results = []
    for file in files:
        importable(folders(file))
        try:
            test = load_cases(file)
        except ConfigError as problem:
            if len(files) == 1:
                raise
            results.append(Result("failed", str(file), str(problem)))
            continue
        results += run_file(test, compute, update)
    return results


def _flink(files: list[Path], update: bool) -> list[Result]:
    from penstock.scripts.local.mini_cluster import MiniCluster

    with MiniCluster() as cluster:
        return _all(files, lambda pipeline: by_flink(pipeline, cluster), update)
