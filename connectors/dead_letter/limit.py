"""The circuit breaker: the share of rejected rows at which a job fails."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from penstock.connectors.config.model import Config


class DeadLetterLimit(Config):
    """Fail the job when too many rows are rejected, instead of routing a whole topic to the dead letter queue.

    Each subtask of a source or step that rejects rows counts them, in consecutive windows of `rows` rows.
    """

    written: ClassVar[str] = "{share: 0.01}"

    share: Annotated[float, Field(gt=0, lt=1)]
    """Largest allowed share of rejected rows, above 0 and below 1, such as `0.05`."""

    rows: Annotated[int, Field(ge=1, le=1_000_000_000)] = 10_000
    """Evaluation window in rows. Each subtask of a source or a step that can reject rows counts its rows in consecutive windows of this
    size. The job fails as soon as the rejected rows of a window exceed `share` of `rows`.
    With `share: 0.05` and `rows: 10000` it fails at the 501st rejected row of a window."""
