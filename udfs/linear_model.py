"""Linear models: a JSON file with feature names, coefficients and an intercept becomes one Flink expression.

    linear      y = b + sum(w_i x_i)
    logistic    y = 1 / (1 + exp(-(b + sum(w_i x_i))))        (Cox 1958)
    linear_svm  y = b + sum(w_i x_i), the signed distance; its sign is the class   (Cortes and Vapnik 1995)

Models are plain data. Nothing is unpickled.
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
    """The file is not a valid model. The text says why, in a clause that follows the name of the file."""


@dataclass(frozen=True)
class LinearModel:
    """A fitted linear model. Its prediction is a DOUBLE."""

    kind: str
    """One of `KINDS`."""

    version: str
    """The version that the file states, 1 to 100 characters."""

    features: tuple[str, ...]
    """Column names of the features."""

    coefficients: tuple[float, ...]
    """One coefficient for each feature, in the order of `features`."""

    intercept: float

    sha256: str
    """The sha256 of the file in hexadecimal."""

    def predict(self, values: Sequence[float]) -> float:
        """Return the prediction for the values of the features, in the order of `features`."""
        total = self.intercept
        for weight, value in zip(self.coefficients, values, strict=True):
            total += weight * value
        return _logistic(total) if self.kind == "logistic" else total

    def expression(self, values: Sequence[Expression]) -> Expression:
        """Return the prediction as one Flink expression of DOUBLE values. Terms are added in the same order as in `predict`."""
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
    """Parse the bytes of a model file. Raises ModelError if they are not a model, or do not have the hash `sha256`."""
    found = hashlib.sha256(raw).hexdigest()
    if sha256 and found != sha256.lower():
        raise ModelError(f"its sha256 is {found}, but the job file states {sha256}")
    if len(raw) > _LARGEST:
        raise ModelError(f"it has {len(raw):,} bytes; at most {_LARGEST:,} (4 MiB) are allowed")
    try:
        data = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise ModelError(f"it is not valid JSON: {problem}") from None
    return _checked(data, found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f'the key "{key:.60}" occurs twice')
    return dict(pairs)


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def _checked(data: Any, sha256: str) -> LinearModel:
    if (
        not isinstance(data, dict)
        or set(data) - _KEYS
        or {"features", "coefficients", "intercept", "version"} - set(data)
    ):
        found = f"it has the keys {', '.join(sorted(data))}" if isinstance(data, dict) else "it is not a JSON object"
        raise ModelError(f"{found}; required are features, coefficients, intercept and version, and kind is optional")
    kind, version, features, weights = (
        data.get("kind", "linear"),
        data["version"],
        data["features"],
        data["coefficients"],
    )
    if kind not in KINDS:
        raise ModelError(f"its kind is {kind!r:.60}; allowed are {', '.join(KINDS)}")
    if not isinstance(version, str) or not 0 < len(version) <= 100:
        raise ModelError(f"its version is {version!r:.60}; it must be a text of 1 to 100 characters")
    if not isinstance(features, list) or not features or not all(isinstance(f, str) for f in features):
        raise ModelError(f"its features are {features!r:.60}; they must be a list of column names")
    if len(set(features)) < len(features):
        duplicate = next(feature for feature in features if features.count(feature) > 1)
        raise ModelError(f'its feature "{duplicate:.60}" occurs twice')
    if not isinstance(weights, list) or len(weights) != len(features):
        count = len(weights) if isinstance(weights, list) else "no list of"
        raise ModelError(f"it has {len(features)} features and {count} coefficients; it must have as many of each")
    for number in (*weights, data["intercept"]):
        if type(number) not in (int, float) or not abs(number) <= 1e300:
            raise ModelError(f"it contains {number!r:.60}; coefficients and intercept must be numbers up to 1e300")
    return LinearModel(kind, version, tuple(features), tuple(map(float, weights)), float(data["intercept"]), sha256)
