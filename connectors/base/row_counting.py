"""A table whose rows are counted in Flink's state: see `java/penstock/CountedFactory.java`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


IN, REJECTED = "in", "refused"
"""As what the rows of a source and of the dead letters' sink are counted; those of another sink are counted by its name."""

ROWS = "penstock_rows"
"""The column of a sink's rows that says how many rows each stands for; without it each counts as one."""


def counted(descriptor: TableDescriptor, name: str, may_idle: bool = False, timed: bool = False) -> TableDescriptor:
    """The same table with its rows counted as the metric `penstock_<name>`; `may_idle`: a source whose silent subtasks must not
    make rows late unseen; `timed`: one whose watermark must outlive a restart, for the same reason."""
    from pyflink.table import TableDescriptor as Descriptor

    table = descriptor._j_table_descriptor
    connector = table.getOptions().get("connector")
    builder = table.toBuilder().option("counted.connector", connector).option("counted.as", name)
    if may_idle:
        builder = builder.option("counted.may-idle", "true")
    if timed:
        builder = builder.option("counted.timed", "true")
    return Descriptor(builder.option("connector", "counted").build())
