"""The registry of jobs: the name in a job file to the class."""

from penstock.jobs.base.job import Job
from penstock.jobs.dedup import Dedup
from penstock.jobs.map import Map
from penstock.jobs.regression_scoring import RegressionScoring
from penstock.jobs.rolling_sum import RollingSum
from penstock.jobs.sql import Sql
from penstock.jobs.uppercase_filter import UppercaseFilter

JOBS: dict[str, type[Job]] = {
    "dedup": Dedup,
    "map": Map,
    "regression_scoring": RegressionScoring,
    "rolling_sum": RollingSum,
    "sql": Sql,
    "uppercase_filter": UppercaseFilter,
}
