"""Sums and other aggregates of a column over windows, per key: the job, its windows and its plain-Python reference."""

from penstock.jobs.rolling_sum.job import RollingSum

__all__ = ["RollingSum"]
