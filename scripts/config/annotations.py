"""What the annotation of a config key accepts: the model inside it, an example, and whether a single text may replace a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from penstock.connectors.config.model import OneOrMore
from penstock.connectors.config.types import Type

_EXAMPLE = re.compile(r"such as `(\{.+?\})`")


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Keep | None` or `dict[str, Generator]`; None if it contains no model."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if found := inner_model(part):
            return found
    return None


def example(field: FieldInfo, help_text: str) -> str:
    """How the mapping of a key is written, such as `{id: bigint, name: string}`, which its help text may say. Empty if it is unknown."""
    inner = inner_model(field.annotation)
    written: str = getattr(inner, "written", "")
    if getattr(field.annotation, "__origin__", None) is not dict:
        return written
    if found := _EXAMPLE.search(help_text):
        return found[1]
    if any(part is Type for part in _parts(field.annotation)):
        return "{id: bigint, name: string}"
    return f"{{NAME: {written or '...'}}}"


def mapping_form(field: FieldInfo) -> str:
    """The mapping that a key accepts besides its words, such as `{timestamp: ...}`; empty if it accepts none."""
    inner = inner_model(field.annotation)
    needed = [name for name, one in inner.model_fields.items() if one.is_required()] if inner else []
    return f"{{{', '.join(f'{name}: ...' for name in needed)}}}" if needed else ""


def accepts_single(field: FieldInfo) -> bool:
    """Whether a list of this key may be written as a single text."""
    return any(isinstance(part, OneOrMore) for part in (*field.metadata, *_parts(field.annotation)))


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation, what is inside it, and its metadata."""
    yield annotation
    yield from getattr(annotation, "__metadata__", ())
    for part in getattr(annotation, "__args__", ()):
        yield from _parts(part)
