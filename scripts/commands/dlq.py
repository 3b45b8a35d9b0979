"""`penstock dlq`: show, count and replay dead letters."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from penstock.connectors.base.source import Source
from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import RunError
from penstock.connectors.dead_letter.schema import DeadLetter
from penstock.connectors.registry import SOURCES
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.commands import complete
from penstock.scripts.commands.groups import Group
from penstock.scripts.commands.options import each, folders, job_file, loaded, output_option
from penstock.scripts.commands.output import answer, quiet, say, step, tabled
from penstock.scripts.console.table import Column, Table
from penstock.scripts.dead_letters import reader
from penstock.scripts.dead_letters.reader import Chosen, Own

_COUNTED = [
    Column("step"),
    Column("reason"),
    Column("dead letters", right=True),
    Column("replayed", right=True),
    Column("first"),
    Column("last"),
]


def _since(context: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    try:
        return None if value is None else reader.since(value)
    except ValueError as problem:
        raise click.BadParameter(
            f'"{value}" is neither a timestamp nor a duration: {problem}; '
            "write 2026-01-31T12:00:00Z, or 2 h for two hours ago"
        ) from None


def _chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    """`JOB`, and the options that choose among its dead letters."""
    return each(
        function,
        click.option("--last", type=int, help="Only up to this offset of the source."),
        click.option("--first", type=int, help="Only from this offset of the source."),
        click.option("--partition", type=int, help="Only from this partition of the source."),
        click.option("--until", callback=_since, help="Only those rejected before this timestamp."),
        click.option(
            "--since", callback=_since, help="Only those rejected since 2026-01-31T12:00:00Z, or 2 h for two hours ago."
        ),
        click.option(
            "--step",
            "steps",
            multiple=True,
            help="Only those rejected by this step, such as 2_rolling_sum. Repeatable.",
        ),
        click.option(
            "--reason", "reasons", multiple=True, help="Only those with this reason, such as decode. Repeatable."
        ),
        job_file,
    )


def _dead_letters(job: Path, overlays: Any, settings: Any, chosen: dict[str, Any]) -> tuple[Pipeline, Own]:
    pipeline = loaded(job, overlays, settings).pipeline
    return pipeline, Own(pipeline, Chosen(**chosen))


def late_again(late: int | None) -> str:
    """What to do about late rows; `late` is their number where the text says it."""
    counted = "" if late is None else f"{late:,} of them are late: "
    return f"{counted}late rows that are sent back unchanged are late again: use --through with a job file that waits longer"


def _say_left_out(found: Own) -> None:
    if text := found.left_out():
        say(text)


@click.group(name="dlq", cls=Group)
def command() -> None:
    """Show, count and replay the dead letters of a job. Dead letters of other jobs in the same topic or folder are left out.

    \b
    Examples:
      penstock dlq stats job.yaml
      penstock dlq replay job.yaml --reason decode --dry-run
    """


@command.command()
@_chosen
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@click.option("--raw", is_flag=True, help="Print only the records, byte for byte, one on each line.")
def show(job: Path, overlays: Any, settings: Any, limit: int | None, raw: bool, **chosen: Any) -> None:
    """Print dead letters as JSON Lines. The key `text` holds a record that is UTF-8.

    \b
    Examples:
      penstock dlq show job.yaml --limit 10
      penstock dlq show job.yaml --reason decode --raw
    """
    _, found = _dead_letters(job, overlays, settings, chosen)
    for dead_letter in islice(found, limit):
        if raw:
            sys.stdout.buffer.write((dead_letter.raw or b"") + b"\n")
        else:
            click.echo(
                json.dumps(
                    {"place": dead_letter.place, **dead_letter.columns, "text": _text(dead_letter)}, ensure_ascii=False
                )
            )
    _say_left_out(found)


def _text(dead_letter: DeadLetter) -> str | None:
    try:
        return dead_letter.raw.decode() if dead_letter.raw is not None else None
    except UnicodeDecodeError:
        return None


@command.command()
@_chosen
@output_option
def stats(job: Path, overlays: Any, settings: Any, output: str, **chosen: Any) -> None:
    """Count dead letters by step and reason, with the first and last timestamp and how many were replayed.

    \b
    Examples:
      penstock dlq stats job.yaml
      penstock dlq stats job.yaml --since "2 h" --output json
    """
    pipeline, found = _dead_letters(job, overlays, settings, chosen)
    sent = _sent(pipeline)
    counts: Counter[tuple[str, str]] = Counter()
    back: Counter[tuple[str, str]] = Counter()
    times: dict[tuple[str, str], list[datetime]] = {}
    for dead_letter in found:
        kind = (dead_letter.columns["step"], dead_letter.columns["reason"])
        counts[kind] += 1
        back[kind] += dead_letter.place in sent
        times.setdefault(kind, [dead_letter.at, dead_letter.at])
        times[kind] = [min(times[kind][0], dead_letter.at), max(times[kind][1], dead_letter.at)]
    rows = [
        {"step": step, "reason": reason, "letters": count, "replayed": back[step, reason],
         "first": times[step, reason][0].isoformat(), "last": times[step, reason][1].isoformat()}
        for (step, reason), count in counts.most_common()
    ]  # fmt: skip
    cells = [
        [str(r["step"]), str(r["reason"]), f"{r['letters']:,}", f"{r['replayed']:,}", str(r["first"]), str(r["last"])]
        for r in rows
    ]
    tabled(output, Table(_COUNTED, cells, empty="no dead letters"), rows)
    _say_left_out(found)


def _source(pipeline: Pipeline) -> Source:
    return next(iter(pipeline.all_sources().values()))


def _sent(pipeline: Pipeline) -> set[str]:
    source = _source(pipeline)
    return source.replayer(pipeline.dead_letter_sink(), None).marked() if source.capabilities.takes_back else set()


@command.command(name="replay")
@_chosen
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@click.option("--to", "topic", help="Send them to this topic instead of their own. It is created if it does not exist.")
@click.option(
    "--through",
    type=click.Path(path_type=Path),
    shell_complete=complete.job_files,
    help="Run them through this job file on this machine instead.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be sent.")
@output_option
@quiet
def replay_(
    job: Path, overlays: Any, settings: Any, limit: int | None, topic: str | None, through: Path | None, dry_run: bool,
    output: str, **chosen: Any,
) -> None:  # fmt: skip
    """Send the records of dead letters back to the topics that they came from, with the same bytes, keys and headers.

    The record of each dead letter is sent once, however often you run this command: it is marked as sent in the same Kafka transaction. A
    record that is rejected again is a new dead letter, which the next replay sends.

    \b
    Examples:
      penstock dlq replay job.yaml --dry-run
      penstock dlq replay job.yaml --reason decode --through fixed.yaml
    """
    pipeline, found = _dead_letters(job, overlays, settings, chosen)
    if through:
        if topic:
            raise click.UsageError("use either --to or --through")
        topic = f"{pipeline.name}.replay-{datetime.now():%Y%m%d-%H%M%S}"
    if not (source := _source(pipeline)).capabilities.takes_back:
        kinds = [name for name, kind in SOURCES.items() if kind.capabilities.takes_back]
        raise RunError(
            f"{pipeline.name}: records cannot be sent back to a {registered(SOURCES, source)} source",
            allowed=f"a {' or '.join(kinds)} source",
            do="print the records with penstock dlq show --raw, and put them where the source reads",
        )
    other = None
    if through and topic:
        from penstock.scripts.dead_letters.through import Through

        other = Through(through, pipeline, topic)
    way = source.replayer(pipeline.dead_letter_sink(), topic)
    step(f"{pipeline.name}: {'counting' if dry_run else 'replaying'} dead letters", worth_a_line=False)
    done = way.count(found, limit) if dry_run else way.send(found, limit)
    sent = ", ".join(f"{count:,} to {name}" for name, count in done.sent.items()) or "none"
    text = f"{'would send' if dry_run else 'sent'}: {sent}; sent before: {done.before:,}; without a record: {done.without_record:,}"
    if done.again:
        text += f"; rejected again after an earlier replay: {done.again:,}"
    if done.same_record:
        text += f"; of a record that was sent for another dead letter: {done.same_record:,}"
    counts = {
        "sent": dict(done.sent),
        "again": done.again,
        "before": done.before,
        "without_record": done.without_record,
        "same_record": done.same_record,
    }
    if dry_run:
        counts["late"] = done.late
    answer(output, text, counts)
    if not through and (done.late if dry_run else "late" in chosen["reasons"]):
        say(late_again(done.late if dry_run else None))
    _say_left_out(found)
    if other and through and done.sent and not dry_run:
        out = sys.stdout.buffer  # a run redirects what functions print

        def write(lines: list[bytes]) -> None:
            out.writelines(line + b"\n" for line in lines)
            out.flush()

        other.run(folders(through), write, say)
