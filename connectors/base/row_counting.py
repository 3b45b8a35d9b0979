"""Tables whose rows are counted in Flink's state; see `java/penstock/CountedFactory.java`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


IN, REJECTED = "in", "refused"
"""Counter names of the sources and of the dead letter queue. The counter of any other sink has the name of its table."""

REJECTED_BY_SINK = "rejected"
"""The reason of a row that a sink, or the system behind it, rejects (`BatchOperator.java`)."""

ROWS = "penstock_rows"
"""Column of a sink's rows that holds the number of rows that a row stands for. Without this column each row counts as one."""


def counted(
    descriptor: TableDescriptor, name: str, may_idle: bool = False, timed: bool = False, commits: bool = False
) -> TableDescriptor:
    """Return the table with its rows counted as the metric `penstock_<name>`.

    `may_idle`: for a source whose subtasks may be idle, keep idleness from the operators behind it (`NeverIdle.java`). `timed`: for a
    source with event time, keep its watermark in the checkpoint (`KeptWatermark.java`). Without them a late row could be dropped by a
    window instead of becoming a dead letter. `commits`: for a source that commits its position at each checkpoint (`PromptCommits.java`).
    """
    from pyflink.table import TableDescriptor as Descriptor

    table = descriptor._j_table_descriptor
    connector = table.getOptions().get("connector")
    builder = table.toBuilder().option("counted.connector", connector).option("counted.as", name)
    for option, wanted in (("may-idle", may_idle), ("timed", timed), ("commits", commits)):
        if wanted:
            builder = builder.option(f"counted.{option}", "true")
    return Descriptor(builder.option("connector", "counted").build())
