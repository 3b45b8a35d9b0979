"""Every entry of a registry has the files, docstrings and tests that the recipes of CONTRIBUTING.md require."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.connectors.config.help_texts import help_text
from penstock.connectors.config.plug_in import PlugIn
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.base.job import Job
from penstock.jobs.rolling_sum.window import Aggregate
from penstock.scripts.main import _COMMANDS
from penstock.udfs.aggregates import AGGREGATES

ROOT = Path(__file__).parents[2]
PLUG_INS: dict[str, type[PlugIn]] = {
    **JOBS,
    **{f"source {n}": m for n, m in SOURCES.items()},
    **{f"sink {n}": m for n, m in SINKS.items()},
}


@pytest.mark.parametrize("name", sorted(JOBS))
@pytest.mark.parametrize("path", ["conf/jobs/{}.yaml", "conf/jobs/{}_test.yaml", "tests/jobs/{}.py", "docs/jobs/{}.md"])
def test_every_job_has_a_job_file_tests_and_a_page(name: str, path: str) -> None:
    module = f"{name}/test_job" if (ROOT / "jobs" / name).is_dir() else f"test_{name}"
    file = path.format(module if path.startswith("tests") else name)
    assert (ROOT / file).is_file(), f"{file} is missing: see the recipe for a job in CONTRIBUTING.md"


@pytest.mark.parametrize("name", sorted(JOBS))
def test_every_job_has_a_flink_and_a_python_form(name: str) -> None:
    assert JOBS[name].build is not Job.build
    assert name == "sql" or JOBS[name].reference is not Job.reference, (
        f"{name}: write reference(), and compare it with build() in the test of the job"
    )


@pytest.mark.parametrize("name", sorted(PLUG_INS))
def test_every_key_has_a_docstring(name: str) -> None:
    assert (PLUG_INS[name].__doc__ or "").strip(), f"{name}: a docstring is its reference page"
    bare = [key for key in PLUG_INS[name].model_fields if not help_text(PLUG_INS[name], key)]
    assert not bare, f"{name}: write a docstring under {', '.join(bare)}"


@pytest.mark.parametrize("name", sorted(PLUG_INS))
def test_every_plug_in_has_an_example(name: str) -> None:
    """tests/scripts/commands/test_init.py validates each combination of them."""
    assert PLUG_INS[name].example.strip(), f"{name}: write the class attribute `example`: its keys as YAML"


@pytest.mark.parametrize("name", sorted(n for n in PLUG_INS if n.startswith(("source", "sink"))))
def test_every_connector_documents_its_guarantee(name: str) -> None:
    assert "Guarantee:" in (PLUG_INS[name].__doc__ or ""), f"{name}: end its docstring with a paragraph Guarantee: ..."


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_command_has_a_file_and_a_test(name: str) -> None:
    assert (ROOT / f"scripts/commands/{name}.py").is_file()
    assert (ROOT / f"tests/scripts/commands/test_{name}.py").is_file(), f"write tests/scripts/commands/test_{name}.py"


def test_no_module_is_longer_than_250_lines() -> None:
    files = [f for room in ("udfs", "connectors", "jobs", "scripts") for f in (ROOT / room).rglob("*.py")]
    long = {str(f.relative_to(ROOT)): n for f in files if (n := len(f.read_text("utf-8").splitlines())) > 250}
    assert not long, f"split these modules: {long}"


def test_every_aggregate_of_the_library_is_a_key_of_a_job_file() -> None:
    assert tuple(Aggregate.model_fields) == tuple(AGGREGATES)
