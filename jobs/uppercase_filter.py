"""Upper-case a text column, and keep the rows that fulfil a predicate."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from penstock.connectors.base.columns import Column, Columns
from penstock.connectors.base.config import Config
from penstock.connectors.base.invalid import invalid
from penstock.connectors.base.types import TEXTS, Type
from penstock.jobs.base.job import Flow, Job
from penstock.udfs import predicates
from penstock.udfs.functions import FUNCTIONS
from penstock.udfs.rows import Row, Rows


class Keep(Config):
    """One predicate on the text. A NULL fulfils none, so its row is filtered."""

    example: ClassVar[str] = "{starts_with: A}"

    starts_with: str | None = None
    """The text begins so."""

    contains: str | None = None
    """The text has this somewhere."""

    ends_with: str | None = None
    """The text ends so."""

    matches: str | None = None
    """A regular expression is found in the text. Only what Python and Java read alike is accepted."""

    equals: str | None = None
    """The text is this."""

    not_equals: str | None = None
    """The text is another."""

    less_than: str | None = None
    """The text comes before this one, by code points."""

    at_most: str | None = None
    """The text comes before this one, or is it."""

    greater_than: str | None = None
    """The text comes after this one."""

    at_least: str | None = None
    """The text comes after this one, or is it."""

    @model_validator(mode="after")
    def _one(self) -> Keep:
        given = [name for name in predicates.PREDICATES if getattr(self, name) is not None]
        if len(given) != 1:
            raise invalid(f"{len(given)} predicates", ", ".join(predicates.PREDICATES), "name one of them")
        if self.matches is not None:
            try:
                predicates.regex(self.matches)
            except ValueError as problem:
                raise invalid(
                    str(problem), "a regular expression that Python and Java read alike", "rewrite it", "matches"
                ) from None
        return self

    @property
    def predicate(self) -> tuple[str, str]:
        """The predicate's name and its operand."""
        return next((name, value) for name in predicates.PREDICATES if (value := getattr(self, name)) is not None)


class UppercaseFilter(Job):
    """Every column of the input, the text in upper case, and only the rows that are kept.

    Upper case is Unicode's full mapping (`ß` becomes `SS`), whatever the machine's language. A NULL stays NULL.
    """

    example: ClassVar[str] = "column: customer\nkeep: {starts_with: A}\n"

    column: Column
    """The text column."""

    to: Column | None = None
    """Put the upper-case text into this new column and keep the original. Without it the column itself is changed."""

    keep: Keep | None = None
    """Keep the rows that fulfil this. Without it all rows are kept."""

    when: Literal["after", "before"] = "after"
    """Whether `keep` looks at the text `after` or `before` it is upper-cased."""

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
