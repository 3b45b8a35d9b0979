"""A finding raised inside a pydantic validator."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError


def invalid(found: str, allowed: str, do: str, key: object = None) -> PydanticCustomError:
    """What a validator raises; `key` names the key inside the value that is wrong, where there is one."""
    return PydanticCustomError("penstock", "{found}", {"found": found, "allowed": allowed, "do": do, "key": key})


def as_variable(text: str) -> str:
    """How to write the variable of a text such as `$KAFKA`, which is the shell's form and no reference here; else nothing."""
    found = re.search(r"\$([A-Za-z_][A-Za-z0-9_]*)", text, re.ASCII)
    return f"write ${{{found[1]}}}" if found else ""
