"""What a kind of connector can do, declared in one place. What depends on how it is set up is a method of the connector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """`upsert`: a row may replace an earlier one with the
    same key; `needs_key`: for that it must have a declared key, none of whose columns is NULL. `keeps_dead_letters`: what was written
    can be read back as dead letters. `takes_back`: a rejected record can be sent to where it came from. `this_machine`: it works only
    where the job runs on this machine. `jars` are names in the jar lock that it needs beside Flink's own."""

    upsert: bool = False
    needs_key: bool = False
    keeps_dead_letters: bool = False
    takes_back: bool = False
    this_machine: bool = False
    jars: tuple[str, ...] = ()
