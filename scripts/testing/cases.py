"""A test file: `<job>_test.yaml` beside the job file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from penstock.connectors.base.config import Config
from penstock.connectors.base.invalid import invalid
from penstock.connectors.base.problems import ConfigError
from penstock.scripts.config.load import validated
from penstock.scripts.config.tree import Tree, read

_SUFFIX = "_test"
Fields = dict[str, Any]


class DeadLetter(Config):
    """An expected dead letter."""

    reason: str
    """The reason's word: `late`, `not_finite`, `missing_feature`, ..."""

    row: Fields | None = None
    """Columns of the rejected row that are compared; without it only the reason counts."""


class Case(Config):
    """One test."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """What it promises."""

    rows: list[Fields] | dict[str, list[Fields]] = []
    """The source's rows, in order; for a job with `sources:`, a list for each."""

    expect: list[Fields] | None = None
    """The rows that come out, in any order. A column that is not written is NULL."""

    dead_letters: list[DeadLetter] = []
    """The dead letters, in any order."""

    error: str | None = None
    """Instead: the job file or the run fails, and its message has this text."""

    set: dict[str, Any] = {}
    """Keys of the job file that this test changes: `{job.rolling_sum.window.tumble: 10 s}`."""

    @model_validator(mode="after")
    def _one(self) -> Case:
        if (self.expect is None) == (self.error is None):
            found = "neither expect nor error" if self.expect is None else "both expect and error"
            raise invalid(found=found, allowed="one of them", do="write expect: [...], or error: text")
        return self


class Cases(Config):
    """The file."""

    job: str | None = None
    """The job file, relative to this one; without it the one of the same name."""

    tests: Annotated[list[Case], Field(min_length=1)]
    """The tests."""


@dataclass(frozen=True)
class TestFile:
    """A test file and the job file that it tests."""

    __test__ = False  # not a pytest class

    file: Path
    job: Path
    cases: list[Case]
    tree: Tree

    def line(self, index: int) -> int:
        """Where a case stands."""
        return self.tree.mark(("tests", index)).line


def is_test(file: Path) -> bool:
    """Whether a file holds tests of a job file, by its name."""
    return file.stem.endswith(_SUFFIX)


def find(paths: list[Path]) -> list[Path]:
    """The test files of job files, test files and folders. Raises ConfigError where there is none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            here = sorted(path.rglob(f"*{_SUFFIX}.y*ml"))
        else:
            here = [path if is_test(path) else path.with_name(f"{path.stem}{_SUFFIX}{path.suffix}")]
            here = [file for file in here if file.exists() or file == path]
        if not here:
            name = f"{path.stem}{_SUFFIX}.yaml" if not path.is_dir() else f"...{_SUFFIX}.yaml"
            raise ConfigError(
                f"{path}: has no test",
                allowed=f"a file {name} beside the job file",
                do="write one: see the page on testing",
            )
        found += here
    return list(dict.fromkeys(found))


def load_cases(file: Path) -> TestFile:
    """The tests of a file. Raises ConfigError."""
    tree = read(file)
    cases = validated(tree, Cases)
    job = file.parent / (cases.job or f"{file.stem.removesuffix(_SUFFIX)}{file.suffix}")
    return TestFile(file, job, list(cases.tests), tree)
