"""`penstock schema`: print the JSON Schema of job files."""

from __future__ import annotations

import json
from typing import Any

import click

from penstock.jobs.pipeline.pipeline import Pipeline


@click.command(name="schema")
def command() -> None:
    """Print the JSON Schema of job files for editors. The first line of each shipped job file names it.

    \b
    Examples:
      penstock schema > conf/job.schema.json
    """
    click.echo(text(), nl=False)


def text() -> str:
    """The schema, always the same bytes for the same models."""
    schema = _with_variables(Pipeline.model_json_schema())
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def _with_variables(schema: Any) -> Any:
    """Allow a `${VARIABLE}` wherever a number or a word from a list is allowed."""
    if isinstance(schema, list):
        return [_with_variables(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {}
    for key, value in schema.items():
        if key in ("enum", "required", "default", "examples"):
            changed[key] = value
        elif key in ("properties", "$defs"):  # a mapping of names to schemas; a name may be that of a keyword
            changed[key] = {name: _with_variables(one) for name, one in value.items()}
        else:
            changed[key] = _with_variables(value)
    if changed.get("type") in ("integer", "number", "boolean") or "enum" in changed or "pattern" in changed:
        keep = {key: changed.pop(key) for key in ("title", "description", "default") if key in changed}
        return {**keep, "anyOf": [changed, {"type": "string", "pattern": r"\$\{"}]}
    return changed
