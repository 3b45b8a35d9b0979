"""A job file with its data and its test."""

from __future__ import annotations

from pathlib import Path

_JOB = """\
{schema}# What this job is for, in a line.
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
  - name: keeps the texts that start with A once they are upper case
    rows:
      - {id: 1, text: apple}
      - {id: 2, text: pear}
    expect:
      - {id: 1, text: APPLE}
"""
_DATA = '{"id": 1, "text": "apple"}\n{"id": 2, "text": "pear"}\n{"id": 3, "text": "avocado"}\n'


def files(name: str, home: Path) -> dict[Path, str]:
    """Path to text. Beside shipped job files the data goes where theirs is."""
    shipped = home.parts[-2:] == ("conf", "jobs")
    data = home.parent / "data" / f"{name}.jsonl" if shipped else home / f"{name}.jsonl"
    job = _JOB.format(
        schema=schema_line(home),
        slug=name.replace("_", "-"),
        data=f"../data/{name}.jsonl" if shipped else f"{name}.jsonl",
    )
    return {home / f"{name}.yaml": job, home / f"{name}_test.yaml": _TEST, data: _DATA}


def schema_line(home: Path) -> str:
    """The comment by which editors find the schema, where it is."""
    return "# yaml-language-server: $schema=../job.schema.json\n" if (home.parent / "job.schema.json").is_file() else ""
