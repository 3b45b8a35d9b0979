"""Convert a text column to upper case and keep the rows that satisfy a predicate."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.types import TEXTS, Type
from penstock.jobs.base.job import Flow, Job
from penstock.udfs import predicates
from penstock.udfs.functions import FUNCTIONS
from penstock.udfs.rows import Row, Rows


class Keep(Config):
    """One predicate on the text. NULL satisfies no predicate, so the row is filtered."""

    written: ClassVar[str] = "{starts_with: A}"

    starts_with: str | None = None
    """Keep rows whose text starts with this prefix."""

    contains: str | None = None
    """Keep rows whose text contains this substring."""

    ends_with: str | None = None
    """Keep rows whose text ends with this suffix."""

    matches: str | None = None
    """Keep rows in whose text this regular expression matches somewhere. Only syntax with the same meaning in Python and Java is
    accepted."""

    equals: str | None = None
    """Keep rows whose text equals this one."""

    not_equals: str | None = None
    """Keep rows whose text differs from this one."""

    less_than: str | None = None
    """Keep rows whose text sorts before this one, by Unicode code points."""

    at_most: str | None = None
    """Keep rows whose text sorts before this one or equals it, by Unicode code points."""

    greater_than: str | None = None
    """Keep rows whose text sorts after this one, by Unicode code points."""

    at_least: str | None = None
    """Keep rows whose text sorts after this one or equals it, by Unicode code points."""

    @model_validator(mode="after")
    def _one(self) -> Keep:
        given = [name for name in predicates.PREDICATES if getattr(self, name) is not None]
        if len(given) != 1:
            raise invalid(
                f"{len(given)} predicates", f"one of: {', '.join(predicates.PREDICATES)}", "write exactly one predicate"
            )
        if self.matches is not None:
            try:
                predicates.regex(self.matches)
            except ValueError as problem:
                raise invalid(
                    str(problem),
                    "a regular expression with the same meaning in Python and Java",
                    "rewrite it",
                    "matches",
                ) from None
        return self

    @property
    def predicate(self) -> tuple[str, str]:
        """Return the name of the predicate and its operand."""
        return next((name, value) for name in predicates.PREDICATES if (value := getattr(self, name)) is not None)


class UppercaseFilter(Job):
    """Convert a text column to upper case and filter rows.

    Output: every column of the input, with the text in upper case, for the rows that satisfy `keep`.

    The conversion follows Unicode's full case mapping (`ß` becomes `SS`) and does not depend on the locale. NULL stays NULL.
    """

    example: ClassVar[str] = "column: customer\nkeep: {starts_with: A}\n"

    column: Column
    """The text column to convert."""

    to: Column | None = None
    """A new column for the upper-case text. Without it the upper-case text replaces the text in `column`."""

    keep: Keep | None = None
    """Keep only rows that satisfy this predicate. Write one of the keys below. NULL satisfies none. Without `keep` all rows are kept."""

    when: Literal["after", "before"] = "after"
    """Whether `keep` tests the text `after` or `before` the conversion to upper case."""

    @property
    def at_most_one(self) -> bool:
        return True

    @property
    def leaves_out(self) -> str | None:
        return "filtered" if self.keep else None

    def output_columns(self, rows: Columns) -> Columns:
        rows.need(self.column, "column", among=TEXTS, what="text")
        if self.to:
            rows.free(self.to, "to")
        return rows.with_types({**rows.types, self.to or self.column: Type("string")})

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import col

        rows, target = flow.table, self.to or self.column
        if self.keep and self.when == "before":
            name, operand = self.keep.predicate
            rows = rows.where(predicates.expression(name, col(self.column), operand))
        rows = rows.add_or_replace_columns(FUNCTIONS["upper"].flink(col(self.column)).alias(target))
        if self.keep and self.when == "after":
            name, operand = self.keep.predicate
            rows = rows.where(predicates.expression(name, col(target), operand))
        return flow.then(rows, self.output_columns(flow.columns))

    def reference(self, rows: Rows) -> Rows:
        def one(row: Row) -> Row | None:
            text = row[self.column]
            upper = FUNCTIONS["upper"](text)
            if self.keep:
                name, operand = self.keep.predicate
                if not predicates.fulfils(name, upper if self.when == "after" else text, operand):
                    return None
            return {**row, self.to or self.column: upper}

        return rows.map(one)
