"""The error of one value of a config field, without the job file around it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError


def rejection(kind: Any, value: object) -> tuple[str, str, str]:
    """What was found, what is allowed and what to do, in the one error with which the type `kind` rejects `value`."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    [error] = caught.value.errors()
    parts = error["ctx"]
    return parts["found"], parts["allowed"], parts["do"]


def accepted(kind: Any, value: object) -> Any:
    """The value that the type `kind` makes of `value`."""
    return TypeAdapter(kind).validate_python(value)
