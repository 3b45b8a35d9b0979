"""Generate documentation from the code: `python -m penstock.scripts.reference` writes docs/reference.md, docs/troubleshooting.md and
docs/types.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from penstock.connectors.config.help_texts import help_text
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts import types_page
from penstock.scripts.flink import known_failures
from penstock.scripts.targets import TARGETS
from penstock.udfs.functions import FUNCTIONS

_DOCS = Path(__file__).parents[2] / "docs"
PAGE = _DOCS / "reference.md"
TROUBLESHOOTING = _DOCS / "troubleshooting.md"
TYPES = _DOCS / "types.md"
_TYPES = {
    "str": "text", "int": "whole number", "float": "number", "bool": "true or false", "timedelta": "duration", "Type": "type",
    "NoneType": "", "list": "list", "dict": "keys and values",
}  # fmt: skip


_SECTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Jobs", "The steps of the key `job`, written like `job: {dedup: {key: id, ttl: 1 h}}`.", JOBS),
    ("Sources", "Written like `source: {files: {path: in, columns: {id: bigint}}}`.", SOURCES),
    ("Sinks", "Written like `sink: {files: {path: out}}`. `dead_letters` accepts the same sinks.", SINKS),
    ("Targets", "Where `penstock submit` starts a job. A target file has the key `target`: `target: {session: {address: ...}}`.", TARGETS),
)  # fmt: skip


def page() -> str:
    """Return the reference page."""
    lines = [
        "# Reference",
        "",
        "After this page you can write every key of a job file and of a target file. `python -m penstock.scripts.reference` generates the",
        "page from the models that validate these files. [Job files](job_files.md) explains YAML, variables and overlays, and",
        "[types](types.md) lists the column types.",
        "",
        "How to read the tables:",
        "",
        "- A key may be left out, unless it is **required**. `a.b` is the key `b` in the mapping under `a`.",
        "- A **duration** is a number and a unit: `500 ms`, `60 s`, `5 min`, `1 h` or `7 d`, at most `999 d`.",
        "- **A to B** is a mapping with keys of the kind A and values of the kind B, such as column name to type.",
        "- **keys and values** is a mapping with the keys in the rows below it.",
        "",
        "## The job file",
        "",
        *_table(Pipeline),
    ]
    for title, text, registry in _SECTIONS:
        lines += ["", f"## {title}", "", text]
        for name, model in sorted(registry.items()):
            lines += ["", f"### {title[:-1].lower()}: {name}", "", *_doc(model), ""]
            lines += _table(model) if model.model_fields else ["It has no keys."]
    lines += [
        "",
        "## Functions",
        "",
        "The functions of the job `map`. Each returns NULL for NULL.",
        "",
        "| function | description | argument types: result type |",
        "|---|---|---|",
    ]
    for name, function in sorted(FUNCTIONS.items()):
        kinds = "; ".join(f"{', '.join(took)}: {gave}" for gave, took in _grouped(dict(function.results)).items())
        lines.append(f"| `{name}` | {function.help} | {kinds} |")
    return "\n".join(lines) + "\n"


def _grouped(results: dict[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for took, gave in results.items():
        groups.setdefault(gave, []).append(took)
    return groups


def _doc(model: type[BaseModel]) -> list[str]:
    return [line.strip() for line in (model.__doc__ or "").strip().splitlines()]


def _table(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Return one row per key. Required keys are the first ones, and those that a base class declares the last.
    The keys of a nested model follow the key that contains it, with their path."""
    head = [] if prefix else ["| key | value | default | description |", "|---|---|---|---|"]
    fields = model.model_fields
    names = sorted(fields, key=lambda name: (not fields[name].is_required(), name not in model.__annotations__))
    return head + [row for name in names for row in _rows(model, prefix, name)]


def _rows(model: type[BaseModel], prefix: str, name: str) -> Iterator[str]:
    field = model.model_fields[name]
    text = " ".join(help_text(model, name).split())
    default = "" if field.is_required() or field.default in (None, "") else f"`{_default(field.default)}`"
    must = "**required**" if field.is_required() else default
    yield f"| `{prefix}{name}` | {_kind(field.annotation)} | {must} | {text} |"
    inner = next(_models(field.annotation), None)
    if (
        inner
        and inner not in {*JOBS.values(), *SOURCES.values(), *SINKS.values()}
        and inner.__name__ not in ("Source", "Sink", "Job")
    ):
        yield from _table(inner, f"{prefix}{name}.")


def _default(value: Any) -> str:
    from datetime import timedelta

    from penstock.connectors.config.quantities import duration_text

    if isinstance(value, timedelta):
        return duration_text(value)
    return "{}" if isinstance(value, BaseModel) else str(value).lower() if isinstance(value, bool) else str(value)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _kind(annotation: Any) -> str:
    """Return a short description of an annotation."""
    if annotation is Any:
        return "value"
    origin = get_origin(annotation)
    if isinstance(annotation, type) and origin is None:  # in Python 3.10 isinstance(dict[str, int], type) is true
        if issubclass(annotation, BaseModel):
            return {"Source": "a source", "Sink": "a sink", "Job": "a job"}.get(annotation.__name__, "keys and values")
        return _TYPES.get(annotation.__name__, annotation.__name__)
    parts = get_args(annotation)
    if str(annotation).startswith("typing.Literal"):
        return ", ".join(f"`{str(part).lower() if isinstance(part, bool) else part}`" for part in parts)
    if origin is list:
        return f"list of {_kind(parts[0])}"
    if origin is dict:
        return f"{_kind(parts[0])} to {_kind(parts[1])}"
    if hasattr(annotation, "__metadata__"):
        return _kind(parts[0])
    words = dict.fromkeys(filter(None, map(_kind, parts)))
    return " or ".join(word for word in words if word != "whole number" or "number" not in words)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    TROUBLESHOOTING.write_text(known_failures.page(), encoding="utf-8")
    TYPES.write_text(types_page.page(), encoding="utf-8")
