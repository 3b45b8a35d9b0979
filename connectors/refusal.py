"""A finding raised inside a pydantic validator."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def refusal(found: str, allowed: str, do: str, key: object = None) -> PydanticCustomError:
    """What a validator raises; `key` names the key inside the value that is wrong, where there is one."""
    return PydanticCustomError("penstock", "{found}", {"found": found, "allowed": allowed, "do": do, "key": key})
