"""Process the records of a replay with another job file, which reads them from a topic of their own."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import ConfigError
from penstock.connectors.registry import SOURCES
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.load import load
from penstock.scripts.local.runner import Options, run


class Through:
    """The other job file, read before anything is sent."""

    def __init__(self, file: Path, pipeline: Pipeline, topic: str) -> None:
        """Read the job file for records of `pipeline` that are sent to `topic`. Raises ConfigError."""
        source = next(iter(pipeline.all_sources().values()))
        over = source.bounded_read(topic, f"{pipeline.name}-replay")
        settings = [f"source.{registered(SOURCES, source)}.{key}={value}" for key, value in over.items()]
        self._config = load(file, (), tuple(settings))
        if not self._config.pipeline.source:
            raise ConfigError(f"{file}: a job that replays dead letters must have one source", do="name one source")
        self._topic = topic
        self.command = shlex.join(
            ["penstock", "run", str(file), *(word for one in settings for word in ("--set", one))]
        )
        """The command that does the same again: the records are marked as sent, so another replay leaves them out."""

    def run(self, folders: list[Path], write: Callable[[list[bytes]], None], say: Callable[[str], None]) -> None:
        """Run the job over the topic, in a mini-cluster, until its end. `say` receives how it ended, and otherwise `command`.

        Raises RunError, and ConfigError for what only Flink finds.
        """
        name, ended = self._config.pipeline.name, "failed"
        try:
            with self._config.placed():
                outcome = run(self._config.pipeline, Options(write=write), folders)
            ended = outcome.ended
            say(f"{name}: {ended}: {outcome.progress.text(ended == 'finished')}; the records stay in {self._topic}")
        finally:
            if ended != "finished":
                say(f"{name}: the records stay in {self._topic}; process them with: {self.command}")
