"""What one more plug-in costs: each is added to a copy of this tree in as many files as CONTRIBUTING.md says, and used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli import ROOT, penstock

FOLDERS = ("penstock", "jobs", "connectors", "udfs", "scripts", "conf")

SOURCE = '''\
"""Numbers that count up."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.source import Source


class CounterSource(Source):
    """The numbers from 1 to `rows`.

    Guarantee: exactly once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities()

    rows: int
    """How many numbers."""

    @property
    def bounded(self) -> bool:
        return True

    def descriptor(self, schema: Any, origin: bool = False) -> Any:
        from pyflink.table import TableDescriptor

        builder = TableDescriptor.for_connector("datagen").schema(schema).option("number-of-rows", str(self.rows))
        for name in self.columns:
            builder.option(f"fields.{name}.kind", "sequence")
            builder.option(f"fields.{name}.start", "1").option(f"fields.{name}.end", str(self.rows))
        return builder.build()
'''
COMMAND = '''\
"""`penstock hello`: says hello."""

import click


@click.command(name="hello")
@click.argument("who")
def command(who: str) -> None:
    """Say hello to WHO."""
    click.echo(f"hello {who}")
'''
TARGET = '''\
"""Nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.scripts.targets.target import Submission, Submitted, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.package import Package


class NowhereTarget(Target):
    """Drops the job."""

    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        return Submitted(f"{package.name}: dropped")
'''
JOB = """\
name: one-more
source:
  {source}
job:
  - map: {{function: {function}, of: n, to: n}}
sink:
  console: {{}}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what ships; the command imports it instead of this one."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_function_is_one_entry(tree: Path) -> None:
    entry = '    "thrice": Function("Three times the number.", _exact("decimal(20, 0)"), lambda v: v * 3, lambda e: e * 3),\n'
    _insert(tree / "udfs/functions.py", "FUNCTIONS: dict[str, Function] = {\n", entry)
    source = "values: {columns: {n: int}, rows: [[1], [2]]}"
    assert _run(tree, JOB.format(source=source, function="thrice")) == '{"n":3}\n{"n":6}\n'
    assert "thrice" in _said(tree, "list", "functions")


def test_a_source_is_a_module_and_a_line(tree: Path) -> None:
    (tree / "connectors/counter.py").write_text(SOURCE, encoding="utf-8")
    registry = tree / "connectors/registry.py"
    _insert(registry, "import DatagenSource\n", "from penstock.connectors.counter import CounterSource\n")
    _insert(registry, "SOURCES: dict[str, type[Source]] = {\n", '    "counter": CounterSource,\n')
    job = JOB.format(source="counter: {columns: {n: int}, rows: 3}", function="square")
    assert sorted(_run(tree, job).split()) == ['{"n":1}', '{"n":4}', '{"n":9}']
    assert "counter" in _said(tree, "list", "sources")
    assert '"CounterSource"' in _said(tree, "schema")
    wrong = JOB.format(source="counter: {columns: {n: int}, row: 3}", function="square")
    (tree / "job.yaml").write_text(wrong, encoding="utf-8")
    assert 'did you mean "rows"?' in penstock("validate", "job.yaml", cwd=tree, PYTHONPATH=str(tree)).stderr


def test_a_command_is_a_file_and_a_line(tree: Path) -> None:
    (tree / "scripts/commands/hello.py").write_text(COMMAND, encoding="utf-8")
    _insert(tree / "scripts/main.py", '    "Operate": {\n', '        "hello": "Say hello.",\n')
    assert _said(tree, "hello", "world") == "hello world\n"
    assert "Say hello." in _said(tree, "--help")


def test_a_target_is_a_module_a_line_and_a_file(tree: Path) -> None:
    (tree / "scripts/targets/nowhere.py").write_text(TARGET, encoding="utf-8")
    registry = tree / "scripts/targets/__init__.py"
    _insert(registry, "import annotations\n\n", "from penstock.scripts.targets.nowhere import NowhereTarget\n")
    _insert(registry, "TARGETS: dict[str, type[Target]] = {\n", '    "nowhere": NowhereTarget,\n')
    (tree / "conf/targets/nowhere.yaml").write_text("target:\n  nowhere: {}\n", encoding="utf-8")
    (tree / "job.yaml").write_text(JOB.format(source="values: {columns: {n: int}, rows: [[1]]}", function="square"))
    assert "one-more: dropped" in _said(tree, "submit", "job.yaml", "--target", "nowhere")


def _insert(file: Path, after: str, text: str) -> None:
    old = file.read_text(encoding="utf-8")
    assert old.count(after) == 1, f"{file} has changed: {after!r}"
    file.write_text(old.replace(after, after + text), encoding="utf-8")


def _run(tree: Path, job: str) -> str:
    (tree / "job.yaml").write_text(job, encoding="utf-8")
    return _said(tree, "run", "job.yaml")


def _said(tree: Path, *arguments: str) -> str:
    done = penstock(*arguments, cwd=tree, PYTHONPATH=str(tree))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
