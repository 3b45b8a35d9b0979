"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.scripts.commands import complete
from penstock.scripts.commands.output import say, step

if TYPE_CHECKING:
    from penstock.connectors.config.secrets import NotHere
    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package
    from penstock.scripts.cluster.session import SessionCluster
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
        help="Set one key, such as source.kafka.topic=orders. It wins over overlays.",
    )(function)
    function = click.option(
        "--overlay",
        "overlays",
        multiple=True,
        type=click.Path(path_type=Path),
        shell_complete=complete.job_files,
        help="Merge a YAML file over the job file. Later overlays win.",
    )(function)
    return click.argument("job", type=click.Path(path_type=Path), shell_complete=complete.job_files)(function)


def job_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """`NAME`: a deployed job."""
    return click.argument("name", shell_complete=complete.deployed)(function)


def output_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--output`."""
    return click.option(
        "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Print text or JSON."
    )(function)


def loaded(job: Path, overlays: tuple[Path, ...], settings: tuple[str, ...]) -> Loaded:
    """The checked job file of these options. Raises ConfigError."""
    from penstock.scripts.config.load import load

    return load(job, overlays, settings)


def folders(job: Path) -> list[Path]:
    """Where a user's Python modules are looked for: beside the job file, then the current folder."""
    return list(dict.fromkeys([job.parent.absolute(), Path.cwd()]))


def home() -> Path:
    """Where job files are looked for and made when no path is named: conf/jobs, or the current folder if it does not exist."""
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
        is_eager=True,  # a completion of job names reads it
        help="The folder of the ledger, which records what was deployed.",
    )


def cluster(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--target`, `--ledger` and `--output`."""
    return target_option(ledger_folder()(output_option(function)))


def target_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--target`, `session` when left out."""
    return click.option(
        "--target",
        default="session",
        show_default=True,
        envvar="PENSTOCK_TARGET",
        shell_complete=complete.targets,
        help="Where jobs run: the name of a file in conf/targets, or a file.",
    )(function)


def each(
    function: Callable[..., Any], *options: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    """The function with all these options, the last one first in its help."""
    for option in options:
        function = option(function)
    return function


def watch(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--checkpoints`, `--timeout`, `--hold` and `--drop-state`: when a new version counts as healthy."""
    return each(
        function,
        click.option(
            "--drop-state", is_flag=True, help="Upgrade although some state is lost. `plan --against` shows which."
        ),
        click.option(
            "--hold",
            type=click.FloatRange(min=0),
            default=5,
            show_default=True,
            help="Seconds that it must also run without a failure.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=1),
            default=120,
            show_default=True,
            help="Seconds within which the checkpoints must complete.",
        ),
        click.option(
            "--checkpoints",
            type=click.IntRange(1, 1000),
            default=2,
            show_default=True,
            help="Checkpoints after which the new version counts as healthy.",
        ),
    )


def deployments(target: str, ledger: Path) -> Deployments:
    """The jobs of a target by its name or file. What is done is shown on standard error."""
    from penstock.scripts.targets.load import load_target

    return deployments_of(load_target(target), ledger)


def deployments_of(named: Named, ledger: Path) -> Deployments:
    """The jobs of a target that is loaded already."""
    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.ledger import Ledger

    return Deployments(named, Ledger(ledger), say, step)


def packed(job: Path, overlays: tuple[Path, ...], settings: tuple[str, ...]) -> Package:
    """The package of a job file, checked. Raises ConfigError."""
    from penstock.scripts.cluster.package import pack
    from penstock.scripts.config.user_code import check_modules

    config = loaded(job, overlays, settings)
    check_modules(config, folders(job))
    step(f"{config.pipeline.name}: packaging", worth_a_line=False)
    return pack(config, folders(job))


def look_before(target: Target | SessionCluster, package: Package) -> None:
    """Check brokers, topics and files before a submission. Raises RunError or ConfigError.

    When the job runs in another network, only what cannot work there is rejected. Secrets may be missing here when the job runs on
    another machine: then its brokers are not checked, and a warning says so.
    """
    from penstock.connectors.config.problems import ConfigError
    from penstock.jobs.pipeline.preflight import preflight

    def not_here(problem: NotHere) -> None:
        if target.same_machine:
            raise problem
        _warn(package, f"{problem.head}: it must exist where the job runs; its brokers were not checked")

    step(f"{package.name}: checking brokers, topics and files", worth_a_line=False)
    references = package.pipeline().references()
    if references and not target.same_network:
        _warn(package, f"{', '.join(references)} must exist where the job runs; its brokers were not checked")
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
    say(f"{package.name}: warning: {text}")
