"""Score rows with a linear model from a JSON file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.paths import FilePath, resolved
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import NUMBERS, Type
from penstock.jobs.base.job import Flow, Job
from penstock.udfs.linear_model import LinearModel, ModelError, load
from penstock.udfs.rows import Row, Rows


class RegressionScoring(Job):
    """Score rows with a linear model.

    Output: every column of the input, the prediction (DOUBLE), the version of the model, and with `label` the residual
    (label - prediction).

    The model compiles to one expression of Flink, so no Python runs per row. Features of any number type are converted to DOUBLE. NaN
    and infinite features follow IEEE 754 arithmetic.
    """

    example: ClassVar[str] = "model: NAME_model.json\n"
    example_files: ClassVar[Mapping[str, str]] = {
        "NAME_model.json": """\
{
  "kind": "linear",
  "version": "example",
  "features": ["amount"],
  "coefficients": [2.0],
  "intercept": 1.0
}
"""
    }

    model: FilePath
    """The JSON file of the model. A relative path starts at the folder of the job file."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    """The SHA-256 hash that the model file must have. Without it any content is accepted."""

    columns_of: dict[str, Column] = {}
    """Feature to column, for features whose column has another name. By default the column has the name of the feature."""

    to: Column = "prediction"
    """The new column for the prediction."""

    version_to: Column = "model_version"
    """The new column for the version of the model, which the model file states."""

    label: Column | None = None
    """The column with the true value. With it the job outputs the residual (label - prediction) in the column `residual`.
    Without it there is no such column."""

    missing: Literal["null", "default", "dead_letter"] = "dead_letter"
    """What happens when a feature is NULL. `null`: the prediction is NULL. `default`: the value from `defaults` is used. `dead_letter`:
    the row goes to the dead letter queue with reason `missing_feature`."""

    defaults: dict[str, float | int] = {}
    """Feature to default value, for every feature of the model. Required with `missing: default`, not allowed without it."""

    @property
    def at_most_one(self) -> bool:
        return True

    @model_validator(mode="after")
    def _fits(self) -> RegressionScoring:
        if (self.missing == "default") != bool(self.defaults):
            found = (
                "missing: default without defaults"
                if self.missing == "default"
                else "defaults without missing: default"
            )
            raise invalid(found=found, allowed="both or neither", do="add the missing key, or remove the other")
        return self

    def located(self, base: Path) -> RegressionScoring:
        return self.model_copy(update={"model": resolved(self.model, base)})

    def packed(self, put: Callable[[Path], str]) -> RegressionScoring:
        return self.model_copy(update={"model": put(Path(self.model))})

    def loaded(self) -> LinearModel:
        """Return the model of the file. Raises Problem."""
        path = ("model",)
        try:
            return load(Path(self.model).read_bytes(), self.sha256)
        except OSError as problem:
            raise Problem(
                path,
                f"{self.model}: {problem.strerror}",
                "a model file",
                "correct the path; relative paths start at the folder of the job file",
            ) from None
        except ModelError as problem:
            raise Problem(
                path, f"{self.model}: {problem}", "a linear model as JSON", "see docs/jobs/regression_scoring.md"
            ) from None

    def reject_reasons(self, rows: Columns) -> tuple[str, ...]:
        return ("missing_feature",) if self.missing == "dead_letter" else ()

    def output_columns(self, rows: Columns) -> Columns:
        model = self.loaded()
        for key, named in (("columns_of", self.columns_of), ("defaults", self.defaults)):
            for feature in named:
                if feature not in model.features:
                    raise Problem(
                        (key, feature),
                        f'"{feature}", which is not a feature of the model',
                        ", ".join(model.features),
                        "correct the name",
                        at_key=True,
                    )
        for feature in model.features:
            column = self.columns_of.get(feature, feature)
            path = ("columns_of", feature) if feature in self.columns_of else ("model",)
            rows.need(column, *path, among=NUMBERS, what="number")
            if self.missing == "default" and feature not in self.defaults:
                raise Problem(
                    ("defaults",), f'no default for "{feature}"', "a default for every feature", f"add {feature}: 0.0"
                )
        new = {self.to: Type("double"), self.version_to: Type("string")}
        if self.label:
            rows.need(self.label, "label", among=NUMBERS, what="number")
            new["residual"] = Type("double")
        for name, key in (
            (self.to, "to"),
            (self.version_to, "version_to"),
            *((n, "label") for n in new if n == "residual"),
        ):
            rows.free(name, key)
        if len(new) < (3 if self.label else 2):
            raise Problem(
                ("to",), f'"{self.to}" for two columns', "a different name for each column", "rename one of them"
            )
        return rows.with_types({**rows.types, **new})

    def build(self, flow: Flow) -> Flow:
        from pyflink.table import DataTypes
        from pyflink.table.expressions import coalesce, col, lit

        model, rows = self.loaded(), flow.table
        names = [self.columns_of.get(feature, feature) for feature in model.features]
        values: list[Any] = [col(name).cast(DataTypes.DOUBLE()) for name in names]
        if self.missing == "default":
            values = [coalesce(v, lit(float(self.defaults[f]))) for f, v in zip(model.features, values, strict=True)]
        if self.missing == "dead_letter":
            condition: Any = col(names[0]).is_null
            for name in names[1:]:
                condition = condition | col(name).is_null
            rows, flow = flow.split(rows, condition, "missing_feature", f"a feature of {', '.join(names)} is NULL")
        prediction = model.expression(values)
        rows = rows.add_columns(
            prediction.alias(self.to), lit(model.version).cast(DataTypes.STRING()).alias(self.version_to)
        )
        if self.label:
            rows = rows.add_columns((col(self.label).cast(DataTypes.DOUBLE()) - col(self.to)).alias("residual"))
        return flow.then(rows, self.output_columns(flow.columns))

    def reference(self, rows: Rows) -> Rows:
        model = self.loaded()
        names = [self.columns_of.get(feature, feature) for feature in model.features]
        if self.missing == "dead_letter":
            error = f"a feature of {', '.join(names)} is NULL"
            rows = rows.reject("missing_feature", error, lambda row, _: any(row[name] is None for name in names))

        def one(row: Row) -> Row:
            values = [self._value(feature, row[name]) for feature, name in zip(model.features, names, strict=True)]
            prediction = None if None in values else model.predict([float(v) for v in values if v is not None])
            scored = {**row, self.to: prediction, self.version_to: model.version}
            if self.label:
                label = row[self.label]
                scored["residual"] = None if label is None or prediction is None else float(label) - prediction
            return scored

        return rows.map(one)

    def _value(self, feature: str, value: Any) -> float | None:
        if value is None:
            return float(self.defaults[feature]) if self.missing == "default" else None
        return float(value)
