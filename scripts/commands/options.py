"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from penstock.connectors.kafka.secrets import NotHere
    from penstock.scripts.cluster.compare import Comparison
    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package
    from penstock.scripts.cluster.session import SessionCluster
    from penstock.scripts.cluster.steps import Started
    from penstock.scripts.config.load import Loaded
    from penstock.scripts.targets.load import Named
    from penstock.scripts.targets.target import Target


def job_file(function: Callable[..., Any]) -> Callable[..., Any]:
    """`JOB`, `--overlay` and `--set`, in the order in which they count."""
    function = click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set one key, such as source.kafka.topic=orders. Wins over overlays.",
    )(function)
    function = click.option(
        "--overlay",
        "overlays",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A YAML file merged over the job file. Later ones win.",
    )(function)
    return click.argument("job", type=click.Path(path_type=Path))(function)


def loaded(job: Path, overlays: tuple[Path, ...], settings: tuple[str, ...]) -> Loaded:
    """The checked job file of these options. Raises ConfigError."""
    from penstock.scripts.config.load import load

    return load(job, overlays, settings)


def folders(job: Path) -> list[Path]:
    """Where a user's Python modules are looked for: beside the job file, then the current folder."""
    return list(dict.fromkeys([job.parent.absolute(), Path.cwd()]))


def home() -> Path:
    """Where job files are looked for and made when no path is named: conf/jobs, or the current folder where there is none."""
    return Path("conf/jobs") if Path("conf/jobs").is_dir() else Path(".")


def ledger_folder(hidden: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--ledger`; hidden in commands that need it with one of their options only."""
    return click.option(
        "--ledger",
        type=click.Path(path_type=Path),
        default=Path(".penstock"),
        show_default=True,
        envvar="PENSTOCK_LEDGER",
        hidden=hidden,
        help="The folder of the ledger.",
    )


def cluster(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--target`, `--ledger` and `--output`."""
    function = click.option(
        "--output", type=click.Choice(["text", "json"]), default="text", help="How the result is printed."
    )(function)
    function = ledger_folder()(function)
    return click.option(
        "--target",
        default="session",
        show_default=True,
        envvar="PENSTOCK_TARGET",
        help="A file's name in conf/targets, or a file.",
    )(function)


def each(
    function: Callable[..., Any], *options: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    """The function with all these options, the last one first in its help."""
    for option in options:
        function = option(function)
    return function


def watch(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--checkpoints`, `--timeout`, `--hold` and `--drop-state`: when a new version counts as good."""
    return each(
        function,
        click.option("--drop-state", is_flag=True, help="Go on although some state finds no operator."),
        click.option(
            "--hold",
            type=click.FloatRange(min=0),
            default=5,
            show_default=True,
            help="And after so many seconds without failure.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=1),
            default=120,
            show_default=True,
            help="Seconds that they may take.",
        ),
        click.option(
            "--checkpoints",
            type=click.IntRange(1, 1000),
            default=2,
            show_default=True,
            help="It is good after this many.",
        ),
    )


def replaced(output: str, started: Started, comparison: Comparison) -> None:
    """Print what an upgrade or a rollback has done."""
    since = (
        f", from {started.savepoint}" if started.savepoint else ""
    )  # one that goes on unchanged was not started from any
    text = f"{comparison.text()}\n{started.name} is {started.state} as {started.job_id}{since}"
    answer(output, text, {**started.__dict__, "changes": comparison.as_dict()})


def deployments(target: str, ledger: Path) -> Deployments:
    """The jobs of a target by its name or file; what is done is said on standard error."""
    from penstock.scripts.targets.load import load_target

    return deployments_of(load_target(target), ledger)


def deployments_of(named: Named, ledger: Path) -> Deployments:
    """The jobs of a target that is loaded already."""
    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.ledger import Ledger

    return Deployments(named, Ledger(ledger), lambda text: click.echo(text, err=True))


def packed(job: Path, overlays: tuple[Path, ...], settings: tuple[str, ...]) -> Package:
    """The package of a job file, checked. Raises ConfigError."""
    from penstock.scripts.cluster.package import pack
    from penstock.scripts.config.user_code import check_modules

    config = loaded(job, overlays, settings)
    check_modules(config, folders(job))
    return pack(config, folders(job))


def look_before(target: Target | SessionCluster, package: Package) -> None:
    """Look at the outside world before a submission: brokers, topics, files. Raises RunError or ConfigError.

    Where the job runs in another network only what cannot work there is rejected. Secrets may be missing here when the job runs on
    another machine: then its brokers are not looked at, and a line says so.
    """
    from penstock.connectors.base.problems import ConfigError
    from penstock.jobs.base.preflight import preflight

    def not_here(problem: NotHere) -> None:
        if target.same_machine:
            raise problem
        _warn(package, f"{problem.head}: it must be where the job runs; its brokers were not looked at")

    references = package.pipeline().references()
    if references and not target.same_network:
        _warn(package, f"{', '.join(references)} must exist where the job runs; its brokers were not looked at")
    if target.same_network:
        preflight(package.pipeline(), not_here)
    for connector in package.pipeline().connectors():
        if connector.capabilities.this_machine and not target.same_network:
            raise ConfigError(
                f"{package.name}: {type(connector).__name__} works on this machine only",
                do="read files or a topic that the cluster reaches",
            )
    if target.same_network and package.pipeline().exactly_once:
        from penstock.scripts.cluster.diagnosis import reject_bad

        reject_bad(package.pipeline())


def _warn(package: Package, text: str) -> None:
    click.echo(f"{package.name}: warning: {text}", err=True)


def answer(output: str, text: str, data: Any) -> None:
    """Print a result for a person, or as JSON for a program."""
    click.echo(json.dumps(data, indent=2) if output == "json" else text)
