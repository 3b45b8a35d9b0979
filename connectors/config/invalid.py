"""Errors that a pydantic validator raises."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError


def invalid(found: str, allowed: str, do: str, key: object = None) -> PydanticCustomError:
    """The error of a pydantic validator, with the parts of a message. `key` is the wrong key inside a mapping, if one key is wrong."""
    return PydanticCustomError("penstock", "{found}", {"found": found, "allowed": allowed, "do": do, "key": key})


def as_variable(text: str) -> str:
    """Advice for a text such as `$KAFKA`, the shell's form of a variable, which job files do not have. Empty for other texts."""
    found = re.search(r"\$([A-Za-z_][A-Za-z0-9_]*)", text, re.ASCII)
    return f"write ${{{found[1]}}}" if found else ""
