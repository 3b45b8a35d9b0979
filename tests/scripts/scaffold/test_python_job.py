"""The created files of a new kind of job. tests/scripts/commands/test_init.py runs them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from penstock.scripts.scaffold.python_job import class_name, files, register

REGISTRY = """\
from penstock.jobs.dedup import Dedup
from penstock.jobs.map import Map

JOBS = {
    "dedup": Dedup,
    "map": Map,
}
"""


@pytest.mark.parametrize(("name", "cls"), [("flip", "Flip"), ("order_totals", "OrderTotals"), ("a_1b", "A1b")])
def test_a_class_is_named_after_its_job(name: str, cls: str) -> None:
    assert class_name(name) == cls


@pytest.mark.parametrize(
    ("name", "imports", "entries"),
    [
        ("flip", "dedup flip map", "dedup flip map"),
        ("alpha", "alpha dedup map", "alpha dedup map"),
        ("zeta", "dedup map zeta", "dedup map zeta"),
    ],
)
def test_a_job_is_registered_in_alphabetical_order(tmp_path: Path, name: str, imports: str, entries: str) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "__init__.py").write_text(REGISTRY)
    assert register(name, tmp_path) == Path("jobs/__init__.py")
    tree = ast.parse((tmp_path / "jobs" / "__init__.py").read_text())
    found = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert found == [f"penstock.jobs.{module}" for module in imports.split()]
    [registry] = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    assert ast.literal_eval(ast.unparse(registry).replace(": ", ": '").replace(",", "',").replace("}", "'}")) == {
        entry: class_name(entry) for entry in entries.split()
    }


def test_every_file_of_a_job_is_created_at_the_path_that_the_laws_require() -> None:
    made = files("order_flip", Path("conf/jobs"))
    assert [str(path) for path in made] == [
        "jobs/order_flip.py",
        "conf/jobs/order_flip.yaml",
        "conf/jobs/order_flip_test.yaml",
        "tests/jobs/test_order_flip.py",
        "docs/jobs/order_flip.md",
    ]
    module = made[Path("jobs/order_flip.py")]
    [cls] = [node.name for node in ast.parse(module).body if isinstance(node, ast.ClassDef)]
    assert cls == "OrderFlip"
    assert module.startswith('"""Order flip: reverse a text column."""\n')
    assert "name: order-flip\n" in made[Path("conf/jobs/order_flip.yaml")]
    assert not [path for path, text in made.items() if "{{" in text or "{name}" in text or "{cls}" in text]
