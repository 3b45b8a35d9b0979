"""`penstock dlq`: what was rejected, and the way back for it."""

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

from penstock.connectors.base.config import registered
from penstock.connectors.base.problems import ConfigError, RunError
from penstock.connectors.base.source import Source
from penstock.connectors.dead_letter.schema import DeadLetter
from penstock.connectors.registry import SOURCES
from penstock.jobs.base.pipeline import Pipeline
from penstock.scripts.commands.options import answer, each, folders, job_file, loaded
from penstock.scripts.dead_letters import reader
from penstock.scripts.dead_letters.reader import Chosen, Own


def _since(context: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    try:
        return None if value is None else reader.since(value)
    except ValueError as problem:
        raise click.BadParameter(
            f'"{value}" is neither a timestamp nor a duration: {problem}; '
            "write 2026-01-31T12:00:00Z, or 2 h for two hours ago"
        ) from None


def _chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    """`JOB`, and which of its dead letters."""
    return each(
        function,
        click.option("--last", type=int, help="Up to this offset of the source."),
        click.option("--first", type=int, help="From this offset of the source on."),
        click.option("--partition", type=int, help="From this partition of the source."),
        click.option("--until", callback=_since, help="Rejected before this point in time."),
        click.option(
            "--since", callback=_since, help="Rejected since then: 2026-01-31T12:00:00Z, or 2 h for two hours ago."
        ),
        click.option("--step", "steps", multiple=True, help="Rejected by this step, such as 2_rolling_sum."),
        click.option("--reason", "reasons", multiple=True, help="With this reason, such as decode. May be repeated."),
        job_file,
    )


def _dead_letters(job: Path, overlays: Any, settings: Any, chosen: dict[str, Any]) -> tuple[Pipeline, Own]:
    pipeline = loaded(job, overlays, settings).pipeline
    return pipeline, Own(pipeline, Chosen(**chosen))


def _say_left_out(found: Own) -> None:
    if text := found.left_out():
        click.echo(text, err=True)


@click.group(name="dlq")
def command() -> None:
    """The dead letters of a job: show them, count them, send them back. Those of other jobs in the same topic or folder are left out."""


@command.command()
@_chosen
@click.option("--limit", type=click.IntRange(min=1), help="At most so many.")
@click.option("--raw", is_flag=True, help="The records alone, byte for byte, a line each.")
def show(job: Path, overlays: Any, settings: Any, limit: int | None, raw: bool, **chosen: Any) -> None:
    """Print dead letters as JSON Lines; `text` is the record, where it is UTF-8."""
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
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def stats(job: Path, overlays: Any, settings: Any, output: str, **chosen: Any) -> None:
    """Count dead letters by step and reason: how many, since when and until when, how many were sent back."""
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
    lines = [
        f"{r['letters']:>9,}  {r['step']}  {r['reason']}  {r['first']} to {r['last']}, {r['replayed']:,} sent back"
        for r in rows
    ]
    answer(output, "\n".join(lines) or "no dead letters", rows)
    _say_left_out(found)


def _source(pipeline: Pipeline) -> Source:
    return next(iter(pipeline.all_sources().values()))


def _sent(pipeline: Pipeline) -> set[str]:
    source = _source(pipeline)
    return source.replayer(pipeline.dead_letter_sink(), None).marked() if source.capabilities.takes_back else set()


@command.command(name="replay")
@_chosen
@click.option("--limit", type=click.IntRange(min=1), help="At most so many.")
@click.option("--to", "topic", help="Send them to this topic (made when it is not there), not to where they came from.")
@click.option("--through", type=click.Path(path_type=Path), help="Run them through this job file here, now, instead.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def replay_(
    job: Path, overlays: Any, settings: Any, limit: int | None, topic: str | None, through: Path | None, dry_run: bool,
    output: str, **chosen: Any,
) -> None:  # fmt: skip
    """Send the records of dead letters back, byte for byte with their keys and headers, to the topics that they came from.

    Each is sent once, however often this is run: what was sent is marked in the same Kafka transaction.
    """
    pipeline, found = _dead_letters(job, overlays, settings, chosen)
    if through:
        if topic:
            raise click.UsageError("--to or --through, not both")
        topic = f"{pipeline.name}.replay-{datetime.now():%Y%m%d-%H%M%S}"
    if not (source := _source(pipeline)).capabilities.takes_back:
        kinds = [name for name, kind in SOURCES.items() if kind.capabilities.takes_back]
        raise RunError(
            f"{pipeline.name}: its records came from a {registered(SOURCES, source)} source, to which none can be sent back",
            allowed=f"a {' or '.join(kinds)} source",
            do="penstock dlq show --raw prints the records: put them where the source reads",
        )
    way = source.replayer(pipeline.dead_letter_sink(), topic)
    done = way.count(found, limit) if dry_run else way.send(found, limit)
    sent = ", ".join(f"{count:,} to {name}" for name, count in done.sent.items()) or "none"
    text = f"{'would send' if dry_run else 'sent'}: {sent}; sent before: {done.before:,}; without a record: {done.without_record:,}"
    answer(output, text, {"sent": dict(done.sent), "before": done.before, "without_record": done.without_record})
    _say_left_out(found)
    if through and topic and done.sent and not dry_run:
        _run(through, pipeline, topic)


def _run(through: Path, pipeline: Pipeline, topic: str) -> None:
    """The changed job over the topic of replayed records, in a mini-cluster, until their end."""
    from penstock.scripts.local.runner import Options, run

    source = _source(pipeline)
    over = source.bounded_read(topic, f"{pipeline.name}-replay")
    settings = tuple(f"source.{registered(SOURCES, source)}.{key}={value}" for key, value in over.items())
    config = loaded(through, (), settings)
    changed = config.pipeline
    if not changed.source:
        raise ConfigError(f"{through}: a job that replays dead letters has one source", do="give one source")
    out = sys.stdout.buffer  # a run sends what functions print elsewhere

    def write(lines: list[bytes]) -> None:
        out.writelines(line + b"\n" for line in lines)
        out.flush()

    with config.placed():
        outcome = run(changed, Options(write=write), folders(through))
    click.echo(
        f"{changed.name}: {outcome.ended}: {outcome.progress.text(outcome.ended == 'finished')}; the records stay in {topic}",
        err=True,
    )
