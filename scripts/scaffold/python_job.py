"""A new kind of job: its module, the line in the registry, a job file with a YAML test, a property test and a docs page."""

from __future__ import annotations

from pathlib import Path

from penstock.scripts.scaffold.job_file import schema_line

_MODULE = '''\
"""{title}: reverse a text column."""

from __future__ import annotations

from typing import ClassVar

from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.types import TEXTS
from penstock.jobs.base.job import Flow, Job
from penstock.udfs.functions import FUNCTIONS
from penstock.udfs.rows import Rows


class {cls}(Job):
    """Reverse the text of a column.

    Output: every column of the input, with `column` reversed. A NULL stays NULL. No row is rejected.
    """

    example: ClassVar[str] = "column: customer\\n"

    column: Column
    """The text column to reverse."""

    def output_columns(self, rows: Columns) -> Columns:
        rows.need(self.column, "column", among=TEXTS, what="text")
        return rows

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import col

        changed = FUNCTIONS["reverse"].flink(col(self.column)).alias(self.column)
        return flow.then(flow.table.add_or_replace_columns(changed), self.output_columns(flow.columns))

    def reference(self, rows: Rows) -> Rows:
        return rows.map(lambda row: {{**row, self.column: FUNCTIONS["reverse"](row[self.column])}})
'''
_TEST = """\
from __future__ import annotations

from typing import Any

from equivalence import EVENT_TIME, assert_same, pipeline
from hypothesis import given, settings
from strategies import COLUMNS, ROWS

from penstock.scripts.local.mini_cluster import MiniCluster


@settings(max_examples=5)
@given(rows=ROWS)
def test_flink_equals_the_reference(cluster: MiniCluster, rows: Any) -> None:
    assert_same(cluster, pipeline({{"{name}": {{"column": "s"}}}}, COLUMNS, rows, EVENT_TIME))
"""
_JOB = """\
{schema}# Describe the job in one line.
name: {slug}
source:
  values:
    columns: {{id: bigint, text: string}}
    rows: [[1, apple], [2, pear]]
job:
  {name}: {{column: text}}
sink:
  console: {{}}
"""
_YAML_TEST = """\
tests:
  - name: reverses the text
    rows: [{id: 1, text: apple}, {id: 2, text: null}]
    expect:
      - {id: 1, text: elppa}
      - {id: 2, text: null}
"""
_PAGE = """\
# {name}

After this page you can use the job `{name}`. Describe here what the job is for, and when to choose another one.

```yaml
job:
  {name}: {{column: text}}
```

Run it: `penstock run conf/jobs/{name}.yaml`. Every key: [reference](../reference.md).
"""


def files(name: str, home: Path) -> dict[Path, str]:
    """Return path to text of each file; paths are relative to the project's folder."""
    facts = {
        "name": name,
        "slug": name.replace("_", "-"),
        "cls": class_name(name),
        "title": name.replace("_", " ").capitalize(),
        "schema": schema_line(home),
    }
    return {
        Path("jobs") / f"{name}.py": _MODULE.format(**facts),
        home / f"{name}.yaml": _JOB.format(**facts),
        home / f"{name}_test.yaml": _YAML_TEST,
        Path("tests/jobs") / f"test_{name}.py": _TEST.format(**facts),
        Path("docs/jobs") / f"{name}.md": _PAGE.format(**facts),
    }


def class_name(name: str) -> str:
    """Return the class name of a job: `order_totals` becomes `OrderTotals`."""
    return "".join(part.capitalize() for part in name.split("_"))


def register(name: str, root: Path) -> Path:
    """Add the import and the registry line, in alphabetical order. Return the path of the changed file, relative to `root`."""
    registry = root / "jobs" / "__init__.py"
    lines = registry.read_text(encoding="utf-8").splitlines()
    cls = class_name(name)
    for line, kind in (
        (f"from penstock.jobs.{name} import {cls}", "from penstock.jobs."),
        (f'    "{name}": {cls},', '    "'),
    ):
        at = [index for index, old in enumerate(lines) if old.startswith(kind)]
        place = next((index for index in at if lines[index] > line), at[-1] + 1)
        lines.insert(place, line)
    registry.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return registry.relative_to(root)
