"""What a kind of connector can do. What depends on a connector's configuration is a method of the connector instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """Capabilities that a connector class declares."""

    upsert: bool = False
    """Sinks: accepts upsert/changelog rows, which may replace an earlier row with the same key. Otherwise append-only."""

    needs_key: bool = False
    """Sinks: upsert rows must have a declared primary key, and no column of the key may be NULL."""

    keeps_dead_letters: bool = False
    """Sinks: the rows that were written can be read back as dead letters (`Sink.dead_letters`)."""

    prints: bool = False
    """Sinks: `penstock run` prints the rows, and its option `--limit` counts them."""

    takes_back: bool = False
    """Sources: rejected records can be sent back to where they came from (`Source.replayer`)."""

    commits_position: bool = False
    """Sources: at each checkpoint, the position is committed to the system that the source reads (`PromptCommits.java`)."""

    this_machine: bool = False
    """Works only if the job runs on the machine of the command."""

    jars: tuple[str, ...] = ()
    """Names in the jar lock that the connector needs in addition to Flink's own jars."""
