"""The processing scenarios, and the pipeline that a job file describes."""

from jobs.dedup import Dedup
from jobs.job import Job
from jobs.map import Map
from jobs.regression_scoring import RegressionScoring
from jobs.rolling_sum import RollingSum
from jobs.sql import Sql
from jobs.uppercase_filter import UppercaseFilter

JOBS: dict[str, type[Job]] = {
    "dedup": Dedup,
    "map": Map,
    "regression_scoring": RegressionScoring,
    "rolling_sum": RollingSum,
    "sql": Sql,
    "uppercase_filter": UppercaseFilter,
}
