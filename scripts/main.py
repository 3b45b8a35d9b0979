"""The `penstock` command: each subcommand is a file in `scripts/commands/`, loaded when it is used.

This module and `scripts/commands` import nothing slow at their top, so that help, completion and the first output come at once.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import sys
from typing import Any

import click

_STAGES = {
    "Write": {
        "init": "Create a job file with sample data and a test.",
        "list": "List jobs, sources, sinks and functions.",
        "validate": "Check job files without starting anything.",
        "show": "Print the effective job file without secrets.",
        "schema": "Print the JSON Schema of job files, for editors.",
        "completion": "Print the completion script of your shell.",
    },
    "Test and run": {
        "test": "Run the YAML tests beside job files.",
        "plan": "Show what a job will do, and what an upgrade changes.",
        "run": "Run a job on this machine, in a mini-cluster.",
        "stack": "Start and stop Kafka and Flink on this machine.",
        "topics": "Create, list, write and read topics.",
    },
    "Deploy": {
        "environment": "Pack this Python's packages for a cluster.",
        "package": "Pack a job and all that it needs into one file.",
        "submit": "Start a job on a cluster.",
        "upgrade": "Replace a running job by a new version.",
        "rollback": "Return to the version before.",
        "savepoint": "Back up the state of a running job.",
        "stop": "Stop a job with a savepoint.",
        "resume": "Start a stopped job again from its savepoint.",
    },
    "Operate": {
        "status": "Show the health of jobs: rows, watermark, checkpoints.",
        "logs": "Show why a job failed, and its logs.",
        "history": "List what was deployed: who, when, which version.",
        "dlq": "Show, count and replay dead letters.",
        "txn": "List and abort open Kafka transactions.",
        "doctor": "Check this machine, and say how to fix it.",
    },
}
_COMMANDS = {name: text for commands in _STAGES.values() for name, text in commands.items()}


class _Lazy(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`penstock help X` is `penstock X --help`."""
        return super().parse_args(ctx, [*args[1:], "--help"] if args[:1] == ["help"] else args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"penstock.scripts.commands.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, _COMMANDS))
        for stage, commands in _STAGES.items():
            with formatter.section(stage):
                formatter.write_dl([(name.ljust(widest), text) for name, text in commands.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from penstock.scripts.commands.groups import reject_unknown

        reject_unknown(ctx, args, _COMMANDS)
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "-V", "--version", package_name="penstock", message="penstock %(version)s")
def cli() -> None:
    """Write, run and operate Flink jobs. A job is a YAML file.

    \b
    Examples:
      penstock init my_job
      penstock run conf/jobs/uppercase_filter.yaml
      penstock help submit
    """


def main() -> None:
    """Turn exceptions into text and an exit code, in this one place: 0 done, 1 failed, 2 usage error, 130 interrupted.

    SIGTERM, which service managers and `docker stop` send, does what Ctrl-C does.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has ended (penstock run ... | head): this is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as problem:
        from penstock.connectors.config.problems import PenstockError

        if not isinstance(problem, PenstockError):
            click.echo(_unexpected(problem), err=True)
            sys.exit(1)
        click.echo(problem, err=True)
        if _asks_for_json(sys.argv):
            click.echo(json.dumps(problem.as_dict(), indent=2))
        sys.exit(problem.exit_code)


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether the result was to be JSON: then standard output holds the error as JSON too."""
    option = "--format" if arguments[1:2] == ["plan"] else "--output"
    return f"{option}=json" in arguments or (option, "json") in itertools.pairwise(arguments)


def _unexpected(problem: Exception) -> str:
    """A defect of Penstock in one line. The traceback is kept in a file for the report."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="penstock-", suffix=".txt", delete=False) as report:
        report.write(traceback.format_exc())
    text = f"{type(problem).__name__}: {problem}".splitlines()[0][:300]
    return f"penstock has a defect: {text}\n  do       please report it, and attach {report.name}"


if __name__ == "__main__":
    main()
