"""The circuit breaker: how many dead letters are too many."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from penstock.connectors.base.config import Config


class DeadLetterLimit(Config):
    """Above this the job fails, instead of draining its topic into the bin.

    It is looked at where rows are rejected (the source, or a step), in each subtask, over groups of `rows` rows.
    """

    example: ClassVar[str] = "{share: 0.01}"

    share: Annotated[float, Field(gt=0, lt=1)]
    """The largest share of rows that may be rejected, such as `0.05`."""

    rows: Annotated[int, Field(ge=1, le=1_000_000_000)] = 10_000
    """Of so many rows. Fewer are never too many: with `share: 0.05` and `rows: 10000` the 501st rejected row of a group is."""
