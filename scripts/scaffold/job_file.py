"""A job file that runs at once, with sample data and a test."""

from __future__ import annotations

from pathlib import Path

_JOB = """\
{schema}# Describe the job in one line.
name: {slug}
source:
  files:
    path: {data}
    columns: {{id: bigint, text: string}}
job:
  uppercase_filter:
    column: text
    keep: {{starts_with: A}}
sink:
  console: {{}}
"""
_TEST = """\
tests:
  - name: keeps the texts that start with A after conversion to upper case
    rows:
      - {id: 1, text: apple}
      - {id: 2, text: pear}
    expect:
      - {id: 1, text: APPLE}
"""
_DATA = '{"id": 1, "text": "apple"}\n{"id": 2, "text": "pear"}\n{"id": 3, "text": "avocado"}\n'


def files(name: str, home: Path) -> dict[Path, str]:
    """Return path to text of each file. The data of a job file in conf/jobs goes to conf/data, as the data of shipped job files does."""
    shipped = home.parts[-2:] == ("conf", "jobs")
    data = home.parent / "data" / f"{name}.jsonl" if shipped else home / f"{name}.jsonl"
    job = _JOB.format(
        schema=schema_line(home),
        slug=name.replace("_", "-"),
        data=f"../data/{name}.jsonl" if shipped else f"{name}.jsonl",
    )
    return {home / f"{name}.yaml": job, home / f"{name}_test.yaml": _TEST, data: _DATA}


def schema_line(home: Path) -> str:
    """Return the comment that tells editors where the JSON Schema is; empty when no schema exists above this folder."""
    return "# yaml-language-server: $schema=../job.schema.json\n" if (home.parent / "job.schema.json").is_file() else ""
