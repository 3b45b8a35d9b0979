"""The model of a test file, `<job>_test.yaml` in the folder of the job file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import ConfigError
from penstock.scripts.config.folders import yaml_files
from penstock.scripts.config.load import validated
from penstock.scripts.config.tree import Tree, read

_SUFFIX = "_test"
Fields = dict[str, Any]


class DeadLetter(Config):
    """An expected dead letter."""

    reason: str
    """The reason of the dead letter, such as `late`, `not_finite` or `missing_feature`."""

    row: Fields | None = None
    """Columns of the rejected row to compare, column to value. Without it only the reason is compared."""


class Case(Config):
    """One test: rows, and the expected output, dead letters or error."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """What the test verifies, in words."""

    rows: list[Fields] | dict[str, list[Fields]] = []
    """The rows of the source, in order. For a job with `sources`, a list of rows for each source name."""

    expect: list[Fields] | None = None
    """The expected output rows, in any order. Omitted columns are NULL."""

    dead_letters: list[DeadLetter] = []
    """The expected dead letters, in any order."""

    error: str | None = None
    """Instead of `expect`: the validation or the run must fail with a message that contains this text."""

    set: dict[str, Any] = {}
    """Keys of the job file to change for this test, key path to value: `{job.rolling_sum.window.tumble: 10 s}`."""

    @model_validator(mode="after")
    def _one(self) -> Case:
        if (self.expect is None) == (self.error is None):
            found = "neither expect nor error" if self.expect is None else "both expect and error"
            raise invalid(found=found, allowed="either expect or error", do="write expect: [...], or error: text")
        return self


class Cases(Config):
    """A test file."""

    job: str | None = None
    """The path of the job file, relative to the test file. Default: the file with the same name without `_test`."""

    tests: Annotated[list[Case], Field(min_length=1)]
    """The tests, in order."""


@dataclass(frozen=True)
class TestFile:
    """A test file and the job file that it tests."""

    __test__ = False  # not a pytest class

    file: Path
    job: Path
    cases: list[Case]
    tree: Tree

    def line(self, index: int) -> int:
        """Return the line of a case."""
        return self.tree.mark(("tests", index)).line


def is_test(file: Path) -> bool:
    """Whether the name of a file marks it as a test file."""
    return file.stem.endswith(_SUFFIX)


def find(paths: list[Path]) -> list[Path]:
    """Return the test files for these job files, test files and folders. Raises ConfigError if one has no test file."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            here = yaml_files(path, f"*{_SUFFIX}")
        else:
            here = [path if is_test(path) else path.with_name(f"{path.stem}{_SUFFIX}{path.suffix}")]
            here = [file for file in here if file.exists() or file == path]
        if not here:
            name = f"{path.stem}{_SUFFIX}.yaml" if not path.is_dir() else f"...{_SUFFIX}.yaml"
            raise ConfigError(
                f"{path}: no test file exists",
                allowed=f"a file {name} in the folder of the job file",
                do="write a test file: see docs/testing.md",
            )
        found += here
    return list(dict.fromkeys(found))


def load_cases(file: Path) -> TestFile:
    """Return the tests of a file. Raises ConfigError."""
    tree = read(file)
    cases = validated(tree, Cases)
    job = file.parent / (cases.job or f"{file.stem.removesuffix(_SUFFIX)}{file.suffix}")
    return TestFile(file, job, list(cases.tests), tree)
