"""Linear models as data: a JSON file of feature names, coefficients and an intercept, compiled to one expression.

    linear      y = b + sum(w_i x_i)
    logistic    y = 1 / (1 + exp(-(b + sum(w_i x_i))))        (Cox 1958)
    linear_svm  y = b + sum(w_i x_i), the signed distance; its sign is the class   (Cortes and Vapnik 1995)

Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.table.expression import Expression

KINDS = ("linear", "logistic", "linear_svm")
_LARGEST = 4 * 1024 * 1024
_KEYS = {"kind", "version", "features", "coefficients", "intercept"}


class ModelError(ValueError):
    """The file is no model: the text says what is wrong with it."""


@dataclass(frozen=True)
class LinearModel:
    """`coefficients[i]` belongs to `features[i]`; the prediction is a DOUBLE."""

    kind: str
    version: str
    features: tuple[str, ...]
    coefficients: tuple[float, ...]
    intercept: float
    sha256: str

    def predict(self, values: Sequence[float]) -> float:
        """The prediction for the features' values, in their order."""
        total = self.intercept
        for weight, value in zip(self.coefficients, values, strict=True):
            total += weight * value
        return _logistic(total) if self.kind == "logistic" else total

    def expression(self, values: Sequence[Expression]) -> Expression:
        """The same, added up in the same order, as one Flink expression of DOUBLE values."""
        from pyflink.table.expressions import lit

        total: Any = lit(self.intercept)
        for weight, value in zip(self.coefficients, values, strict=True):
            total = total + lit(weight) * value
        return lit(1.0) / (lit(1.0) + (-total).exp) if self.kind == "logistic" else total


def _logistic(total: float) -> float:
    try:
        return 1.0 / (1.0 + math.exp(-total))
    except OverflowError:
        return 0.0


def load(raw: bytes, sha256: str | None = None) -> LinearModel:
    """The model in a file's bytes; with `sha256` only if they have that hash. Raises ModelError."""
    found = hashlib.sha256(raw).hexdigest()
    if sha256 and found != sha256.lower():
        raise ModelError(f"its sha256 is {found}, and the job file says {sha256}")
    if len(raw) > _LARGEST:
        raise ModelError("it is over 4 MiB")
    try:
        data = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise ModelError(f"it is no JSON: {problem}") from None
    return _checked(data, found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number here")


def _checked(data: Any, sha256: str) -> LinearModel:
    if (
        not isinstance(data, dict)
        or set(data) - _KEYS
        or {"features", "coefficients", "intercept", "version"} - set(data)
    ):
        have = ", ".join(sorted(data)) if isinstance(data, dict) else type(data).__name__
        raise ModelError(
            f"its keys are {have}; it must have features, coefficients, intercept and version, and may have kind"
        )
    kind, version, features, weights = (
        data.get("kind", "linear"),
        data["version"],
        data["features"],
        data["coefficients"],
    )
    if kind not in KINDS:
        raise ModelError(f"its kind is {kind!r:.60}; allowed are {', '.join(KINDS)}")
    if not isinstance(version, str) or not 0 < len(version) <= 100:
        raise ModelError("its version must be a text of 1 to 100 characters")
    if not isinstance(features, list) or not features or not all(isinstance(f, str) for f in features):
        raise ModelError("its features must be a list of column names")
    if len(set(features)) < len(features):
        raise ModelError("one of its features stands twice")
    if not isinstance(weights, list) or len(weights) != len(features):
        raise ModelError(f"it has {len(features)} features, and must have as many coefficients")
    numbers = [*weights, data["intercept"]]
    if not all(type(number) in (int, float) and abs(number) <= 1e300 for number in numbers):
        raise ModelError("its coefficients and its intercept must be finite numbers")
    return LinearModel(kind, version, tuple(features), tuple(map(float, weights)), float(data["intercept"]), sha256)
