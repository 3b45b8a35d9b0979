"""Every plug-in has what the recipes of CONTRIBUTING.md ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.base.job import Job
from penstock.jobs.rolling_sum.window import Aggregate
from penstock.scripts.main import _COMMANDS
from penstock.udfs.aggregates import AGGREGATES

ROOT = Path(__file__).parents[2]
PLUGS: dict[str, type[BaseModel]] = {
    **JOBS,
    **{f"source {n}": m for n, m in SOURCES.items()},
    **{f"sink {n}": m for n, m in SINKS.items()},
}


@pytest.mark.parametrize("name", sorted(JOBS))
@pytest.mark.parametrize(
    "path", ["conf/jobs/{}.yaml", "conf/jobs/{}_test.yaml", "tests/jobs/test_{}.py", "docs/jobs/{}.md"]
)
def test_a_job_has_an_example_tests_and_a_page(name: str, path: str) -> None:
    assert (ROOT / path.format(name)).is_file(), (
        f"{path.format(name)} is missing: see the recipe for a job in CONTRIBUTING.md"
    )


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_says_its_meaning_twice(name: str) -> None:
    assert JOBS[name].build is not Job.build
    assert name == "sql" or JOBS[name].reference is not Job.reference, (
        f"{name}: write reference(), and hold it equal in its test"
    )


@pytest.mark.parametrize("name", sorted(PLUGS))
def test_every_key_has_help(name: str) -> None:
    assert (PLUGS[name].__doc__ or "").strip(), f"{name}: a docstring is its reference page"
    bare = [key for key, field in PLUGS[name].model_fields.items() if not field.description]
    assert not bare, f"{name}: write a docstring under {', '.join(bare)}"


@pytest.mark.parametrize("name", sorted(n for n in PLUGS if n.startswith(("source", "sink"))))
def test_a_connectors_docstring_ends_with_its_guarantee(name: str) -> None:
    assert "Guarantee:" in (PLUGS[name].__doc__ or ""), f"{name}: end its docstring with a paragraph Guarantee: ..."


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_a_command_has_a_file_and_a_test(name: str) -> None:
    assert (ROOT / f"scripts/commands/{name}.py").is_file()
    assert (ROOT / f"tests/scripts/commands/test_{name}.py").is_file(), f"write tests/scripts/commands/test_{name}.py"


def test_no_module_is_longer_than_250_lines() -> None:
    files = [f for room in ("udfs", "connectors", "jobs", "scripts") for f in (ROOT / room).rglob("*.py")]
    long = {str(f.relative_to(ROOT)): n for f in files if (n := len(f.read_text("utf-8").splitlines())) > 250}
    assert not long, f"split them: {long}"


def test_every_aggregate_of_the_library_is_a_key_of_a_job_file() -> None:
    assert tuple(Aggregate.model_fields) == tuple(AGGREGATES)
