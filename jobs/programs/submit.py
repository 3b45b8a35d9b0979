"""The program that submits a packaged job: `python -m penstock.jobs.programs.submit PACKAGE` is what a cluster starts.

PACKAGE is a folder that contains `job.json`, or an archive of such a folder. In application mode Flink's options come from the cluster.

With `--wait` the program plans the job first and prints the stateful operators as a line of JSON. It submits the job when it reads a line
`{"options": {...}}` from standard input, so that the plan exists before the old version of the job is stopped. When standard input ends, it
submits nothing. After the submission it prints `{"job_id": "..."}`. If the planner rejects the job, it prints `{"problem": {...}}` instead.
"""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.connectors.config.problems import Problem
from penstock.jobs.pipeline.operator_uids import Operator, by_position, stable
from penstock.jobs.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyflink.table import TableEnvironment


def main(arguments: list[str]) -> int:
    """Run the program. Returns the exit code: 0 submitted, 1 failed (the cause is on standard error), 3 standard input ended without
    options."""
    wait = "--wait" in arguments
    [folder] = [Path(argument) for argument in arguments if not argument.startswith("--")] or [Path()]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # output of Flink and user modules must not mix with the answers
    gc.disable()  # garbage collection during a call makes Py4J open a second connection, on which the planner fails
    pipeline, version = read(folder)
    try:
        env, started, operators = prepare(environment, pipeline, version)
    except Problem as problem:
        sys.stderr.write(f"{problem.error(pipeline.name)}\n")
        print(json.dumps({"problem": dataclasses.asdict(problem)}), file=answers)
        return 1
    if wait:
        print(json.dumps({"operators": [operator.as_dict() for operator in operators]}), file=answers)
        line = sys.stdin.readline()
        if not line.strip():
            return 3
        for key, value in json.loads(line)["options"].items():
            env.get_config().set(key, value)
    job_id = str(started().get_job_client().get_job_id())
    print(json.dumps({"job_id": job_id}), file=answers)
    return 0


def read(folder: Path) -> tuple[Pipeline, str]:
    """Return the pipeline of a package (a folder or its archive) with paths into the package, and its version: the first 12 digits of the
    SHA-256 hash of the job file, as `penstock history` shows it."""
    if folder.suffix == ".zip":
        with zipfile.ZipFile(folder) as archive:
            folder = Path(tempfile.mkdtemp(prefix="penstock-"))
            archive.extractall(folder)
    config = (folder / "job.json").read_bytes()
    pipeline = Pipeline.model_validate(json.loads(config)).located(folder.absolute())
    return pipeline, hashlib.sha256(config).hexdigest()[:12]


def prepare(
    new_environment: Callable[[], TableEnvironment], pipeline: Pipeline, version: str = "local"
) -> tuple[TableEnvironment, Callable[[], Any], list[Operator]]:
    """Return the environment, a function that starts the job in it and returns PyFlink's table result, and the stateful operators."""
    from pyflink.table import PlanReference
    from pyflink.table.compiled_plan import CompiledPlan

    env = new_environment()
    kinds = pipeline.connector_kinds()
    statements = pipeline.compose(env, version)
    own_plan = statements.compile_plan().as_json_string()
    plan, operators = stable(own_plan, kinds)
    try:
        loaded = env.load_plan(PlanReference.from_json_string(plan))
    except Exception as problem:
        # Flink 2.3 writes the internal function of VARIANCE into a compiled plan, but cannot read it back.
        if "Could not resolve internal system function" not in str(problem):
            raise
        env = new_environment()
        return env, pipeline.compose(env, version).execute, by_position(own_plan, kinds)
    # PyFlink 2.3 passes the Java environment to the loaded plan instead of its own, so that its `execute` fails.
    return env, CompiledPlan(loaded._j_compiled_plan, env).execute, operators


def environment() -> TableEnvironment:
    """Return a table environment with the options that the submitting process passed in PENSTOCK_FLINK_OPTIONS."""
    from pyflink.common import Configuration
    from pyflink.table import EnvironmentSettings, TableEnvironment

    configuration = Configuration()
    options: dict[str, Any] = json.loads(os.environ.get("PENSTOCK_FLINK_OPTIONS", "{}"))
    for key, value in options.items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    return TableEnvironment.create(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
