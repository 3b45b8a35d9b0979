"""The import graph of a small tree. tests/laws/test_imports.py checks our own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from penstock.scripts import imports

FILES = {
    "udfs/rows.py": "import os\n",
    "connectors/base/one.py": "from penstock.udfs import rows\nfrom penstock.udfs.rows import Row\n",
    "connectors/base/two.py": "def f():\n    from penstock.connectors.kafka import sink\n",
    "connectors/kafka/sink.py": "import penstock.connectors.base.one\nfrom penstock.connectors.kafka import other\n",
    "scripts/main.py": "from penstock.connectors.base.one import x\nfrom . import y\n",
}


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(imports, "_PENSTOCK", tmp_path)


def test_each_package_counts_the_modules_that_import_another() -> None:
    assert imports.imports() == {
        "udfs": Counter(),
        "connectors/base": Counter({"udfs": 1, "connectors/kafka": 1}),
        "connectors/kafka": Counter({"connectors/base": 1}),
        "scripts": Counter({"connectors/base": 1}),
    }


def test_packages_that_import_each_other_are_a_circle() -> None:
    assert set(imports.circle()) == {"connectors/base", "connectors/kafka"}


def test_without_the_import_that_closes_it_there_is_no_circle(tmp_path: Path) -> None:
    (tmp_path / "connectors/base/two.py").unlink()
    assert imports.circle() == []


def test_the_command_prints_a_line_for_each_package_and_the_circle() -> None:
    assert CliRunner().invoke(imports.main).output.splitlines() == [
        "udfs: nothing",
        "connectors/base: connectors/kafka 1, udfs 1",
        "connectors/kafka: connectors/base 1",
        "scripts: connectors/base 1",
        f"circle of imports: {', '.join(imports.circle())}",
    ]
