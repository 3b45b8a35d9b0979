"""Check the Series that a user's pandas function returns: by its dtype if that is sufficient, else value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.udfs.result_types import Checker, TypeMismatch, Wanted, checker

if TYPE_CHECKING:
    import pandas as pd

_SINGLE_MAX = 3.4028234663852886e38


class TypeMismatchAt(TypeMismatch):
    """The type mismatch of the row `index` of a batch."""

    def __init__(self, index: int, problem: TypeMismatch) -> None:
        ValueError.__init__(self, str(problem))
        self.index = index


class SeriesChecker:
    """Checks a Series against a column type. NaN, NaT and NA are NULL, as in Flink's own conversion."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.one = wanted, checker(wanted)

    def __call__(self, series: pd.Series[Any]) -> pd.Series[Any]:
        """Return a Series of the values that the type holds. Raises TypeMismatchAt for the first value that does not fit."""
        if not self.wanted.nullable and series.isna().any():
            index = int(series.isna().to_numpy().argmax())
            raise TypeMismatchAt(index, TypeMismatch(None, self.wanted.text))
        quick = self._by_dtype(series)
        return self._one_by_one(series) if quick is None else quick

    def _by_dtype(self, series: pd.Series[Any]) -> pd.Series[Any] | None:
        """Return the Series if its dtype guarantees that every value fits, or if its range fits. None if neither can be decided."""
        kind, name = getattr(series.dtype, "kind", "O"), self.wanted.name
        if not hasattr(series.dtype, "itemsize") or type(series.dtype).__module__.startswith("pandas.core.arrays"):
            return None
        if name == "boolean" and series.dtype == bool:
            return series
        if name in ("double", "float") and kind == "f":
            if name == "float" and series.dtype.itemsize > 4:
                finite = series[series.abs() != float("inf")]
                return None if (finite.abs() > _SINGLE_MAX).any() else series.astype("float32")
            return series.astype("float64") if name == "double" else series.astype("float32")
        if name == "double" and kind in "iu":
            return series.astype("float64")
        if name in _HALF and kind in "iu":
            fits = not len(series) or (int(series.min()) >= -_HALF[name] and int(series.max()) < _HALF[name])
            return series if fits else None
        return None

    def _one_by_one(self, series: pd.Series[Any]) -> pd.Series[Any]:
        import pandas as pd

        check: Checker = self._whole if self.wanted.name in _HALF else self.one
        values = []
        for index, value in enumerate(series.tolist()):
            absent = value is None or value is pd.NaT or value is pd.NA or (type(value) is float and value != value)
            try:
                values.append(None if absent else check(value))
            except TypeMismatch as problem:
                raise TypeMismatchAt(index, problem) from None
        return pd.Series(values, dtype=object)

    def _whole(self, value: Any) -> Any:
        # pandas converts integers to floats if one of them is missing.
        return self.one(int(value) if type(value) is float and value.is_integer() else value)


_HALF = {"tinyint": 1 << 7, "smallint": 1 << 15, "int": 1 << 31, "bigint": 1 << 63}
