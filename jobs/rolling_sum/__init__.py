"""Sums and other aggregates per key and window: the job, its windows and its plain-Python reference."""

from penstock.jobs.rolling_sum.job import RollingSum

__all__ = ["RollingSum"]
