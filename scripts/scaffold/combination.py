"""A job file from the examples of one source, one job and one sink."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock.connectors.config.plug_in import PlugIn
from penstock.connectors.config.problems import ConfigError, listed, nearest
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.load import validated
from penstock.scripts.config.tree import parse
from penstock.scripts.config.variables import substitute
from penstock.scripts.scaffold.job_file import schema_line

_DEAD_LETTERS = "dead_letters:\n  files:\n    path: NAME_dead_letters\n"


@dataclass(frozen=True)
class Combination:
    """The names of a source, a job and a sink of the registries."""

    source: str
    job: str
    sink: str

    def files(self, name: str, home: Path) -> dict[Path, str]:
        """Return path to text of the job file and of the files that its examples need.

        Raises ConfigError when a name is not registered, and when the three do not work together.
        """
        parts = (
            ("source", self.source, _registered(SOURCES, "--from", "source", self.source)),
            ("job", self.job, _registered(JOBS, "--job", "job", self.job)),
            ("sink", self.sink, _registered(SINKS, "--to", "sink", self.sink)),
        )
        text = f"# Describe the job in one line.\nname: {name.replace('_', '-')}\n"
        needed: dict[str, str] = {}
        for key, plug_in, model in parts:
            text += _block(key, plug_in, model.example)
            needed |= model.example_files
        needed = {file.replace("NAME", name): content for file, content in needed.items()}
        with_queue = (text + _DEAD_LETTERS).replace("NAME", name)
        needs_queue = self._check(with_queue, f"{name}.yaml", needed)
        job_file = schema_line(home) + (with_queue if needs_queue else text.replace("NAME", name))
        return {home / f"{name}.yaml": job_file, **{home / file: content for file, content in needed.items()}}

    def _check(self, text: str, file: str, needed: Mapping[str, str]) -> bool:
        """Validate the text of a job file; return whether the job needs a dead letter queue."""
        tree = parse(text, file)
        substitute(tree, {})
        with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
            for path, content in needed.items():
                (Path(folder) / path).write_text(content, encoding="utf-8")
            pipeline = validated(tree, Pipeline).located(Path(folder))
            if problems := pipeline.problems():
                first = problems[0]
                raise ConfigError(
                    f"init: --from {self.source}, --job {self.job} and --to {self.sink} do not work together",
                    found=f"{'.'.join(map(str, first.path))}: {first.found}",
                    allowed=first.allowed,
                    do=first.do or "choose another source, job or sink",
                )
            return pipeline.can_reject()


def _registered(registry: Mapping[str, type[PlugIn]], option: str, kind: str, name: str) -> type[PlugIn]:
    if name not in registry:
        do = nearest(name, registry) or f"list every {kind} with its keys: penstock list {kind}s"
        raise ConfigError(f"init: {option} {name[:60]}: no such {kind}", "", listed(registry), do)
    return registry[name]


def _block(key: str, plug_in: str, example: str) -> str:
    """The lines of one part of the job file. A flow mapping such as `{}` follows the name, a block mapping is indented below it."""
    if example.startswith("{"):
        return f"{key}:\n  {plug_in}: {example.strip()}\n"
    return f"{key}:\n  {plug_in}:\n{textwrap.indent(example.strip(), '    ')}\n"
