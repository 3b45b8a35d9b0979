"""`penstock doctor`: check this machine, a target and the brokers of a job."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from penstock.connectors.base.finding import Finding
from penstock.scripts.commands import complete
from penstock.scripts.commands.options import deployments, loaded, output_option
from penstock.scripts.commands.output import quiet, step, tabled
from penstock.scripts.console.table import Column, Table, cell
from penstock.scripts.local.health import findings

_COLUMNS = [Column("state", state=True), Column("check"), Column("found"), Column("fix", below=True)]


@click.command(name="doctor")
@click.option(
    "--target",
    shell_complete=complete.targets,
    help="Check a target too: versions, Python, jars, checkpoints and open ports.",
)
@click.option(
    "--job",
    type=click.Path(path_type=Path),
    shell_complete=complete.job_files,
    help="Check the brokers of a job file too: topics, rights, transaction timeout.",
)
@click.option("--no-python", is_flag=True, help="With --target: do not start a job of one row to find its Python.")
@output_option
@quiet
def command(target: str | None, job: Path | None, no_python: bool, output: str) -> None:
    """Check Python, Java, Flink, jars, cache and Kafka on this machine.

    Each check has a row, and says how to fix what is wrong. Exit 1 when a check is bad.

    \b
    Examples:
      penstock doctor
      penstock doctor --target session --job conf/jobs/uppercase_filter_kafka.yaml
    """
    found = findings()
    if target:
        from penstock.scripts.cluster import doctor

        step(f"checking the target {target}")
        found += doctor.findings(deployments(target, Path(".penstock")), not no_python)
    if job:
        from penstock.scripts.cluster import diagnosis

        step(f"checking the brokers of {job}")
        found += diagnosis.findings(loaded(job, (), ()).pipeline)
    tabled(output, table(found), [finding.__dict__ for finding in found])
    if any(finding.state == "bad" for finding in found):
        raise SystemExit(1)


def table(found: Iterable[Finding]) -> Table:
    """A row for each finding."""
    return Table(_COLUMNS, [[one.state, cell(one.what), cell(one.found), cell(one.do)] for one in found])
