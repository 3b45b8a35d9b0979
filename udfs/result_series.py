"""Check the Series that a user's pandas function returns: by its dtype where that says enough, else value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.udfs.result_types import Checker, Misfit, Wanted, checker

if TYPE_CHECKING:
    import pandas as pd

_SINGLE_MAX = 3.4028234663852886e38


class MisfitAt(Misfit):
    """The misfit of the batch's row `index`."""

    def __init__(self, index: int, problem: Misfit) -> None:
        ValueError.__init__(self, str(problem))
        self.index = index


class SeriesChecker:
    """Returns the Series as the type holds it, or raises MisfitAt. NaN, NaT and NA are NULL, as in Flink's own conversion."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.one = wanted, checker(wanted)

    def __call__(self, series: pd.Series[Any]) -> pd.Series[Any]:
        if not self.wanted.nullable and series.isna().any():
            index = int(series.isna().to_numpy().argmax())
            raise MisfitAt(index, Misfit(None, self.wanted.text))
        quick = self._by_dtype(series)
        return self._one_by_one(series) if quick is None else quick

    def _by_dtype(self, series: pd.Series[Any]) -> pd.Series[Any] | None:
        """The Series, when its dtype shows that every value fits; a range is looked at where the dtype is wider than the type."""
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
            except Misfit as problem:
                raise MisfitAt(index, problem) from None
        return pd.Series(values, dtype=object)

    def _whole(self, value: Any) -> Any:
        """pandas makes floats of integers as soon as one of them is missing."""
        return self.one(int(value) if type(value) is float and value.is_integer() else value)


_HALF = {"tinyint": 1 << 7, "smallint": 1 << 15, "int": 1 << 31, "bigint": 1 << 63}
