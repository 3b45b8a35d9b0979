"""The process that plans and submits, with a program of the test in place of Penstock's: it answers without PyFlink and without a cluster.
With both: tests/integration/test_life_of_a_job.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from packages import package

from penstock.connectors.config.problems import ConfigError, RunError
from penstock.jobs.pipeline.operator_uids import Operator
from penstock.scripts.cluster.submission_process import AlreadySubmitted, SubmissionProcess

OPERATOR = {"uid": 1, "kind": "sink", "means": "sink sink_1 kafka"}
PLANS = f"import json, sys\nprint(json.dumps({{'operators': [{OPERATOR}]}}), flush=True)\n"
PROGRAM = PLANS + "line = sys.stdin.readline()\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Logs go there. Java's class archive, which is beside them otherwise, is not made: nothing here starts Java."""
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("penstock.scripts.jvm.gateway.environ", lambda jars, log_dir, java_options: _made(log_dir))
    return tmp_path / "cache"


def _made(log_dir: Path) -> dict[str, str]:
    log_dir.mkdir(parents=True)
    return {}


def process(program: str, keep: int | None = None, options: dict[str, str] | None = None) -> SubmissionProcess:
    """A process with this program: packages from before the code was named `penstock` run `jobs.run`."""
    return SubmissionProcess(package(code={"jobs/__init__.py": "", "jobs/run.py": program}), options or {}, keep)


def failure(program: str) -> RunError:
    with pytest.raises(RunError) as caught, process(program):
        pass
    return caught.value


def test_the_plan_names_its_operators_and_a_submission_has_an_id(cache: Path) -> None:
    answer = "print(json.dumps({'job_id': json.loads(line)['options']['name']}), flush=True)\n"
    with process(PROGRAM + answer) as submission:
        assert submission.operators == (Operator(1, "sink", "sink sink_1 kafka"),)
        assert submission.submit({"name": "a" * 32}) == "a" * 32


def test_nothing_is_submitted_when_the_block_ends_before(cache: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with process(PROGRAM + f"open({str(seen)!r}, 'w').write(repr(line))\n"):
        assert not seen.exists()
    assert seen.read_text() == "''"


def test_the_program_runs_with_the_code_of_the_package_and_with_flinks_options(cache: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    report = (
        "import os, pathlib\n"
        "found = [json.loads(os.environ['PENSTOCK_FLINK_OPTIONS']), os.getcwd(), __file__, sys.argv[1:]]\n"
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps(found))\n"
    )
    with process(PROGRAM + report, options={"rest.port": "8081", "execution.attached": "x"}):
        pass
    options, current, file, [folder, wait] = json.loads(seen.read_text())
    assert (options["rest.port"], options["execution.attached"], options["pipeline.jars"]) == ("8081", "x", "")
    assert options["python.files"] == f"{folder}/functions.zip"
    assert (current, file, wait) == (f"{folder}/empty", f"{folder}/code/jobs/run.py", "--wait")
    assert not Path(folder).exists(), "the folder is deleted in the end"


def test_the_variables_that_would_mislead_pyflink_are_not_inherited(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLINK_CONF_DIR", "/elsewhere")
    monkeypatch.setenv("PYFLINK_GATEWAY_DISABLED", "1")
    seen = tmp_path / "seen"
    names = "[name for name in ('FLINK_CONF_DIR', 'PYFLINK_GATEWAY_DISABLED') if name in os.environ]"
    with process(PROGRAM + f"import os\nopen({str(seen)!r}, 'w').write(repr({names}))\n"):
        pass
    assert seen.read_text() == "[]"


def test_the_lock_stays_open_in_the_process(cache: Path, tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    with process(PROGRAM + f"import os\nos.write({lock}, b'held')\n", keep=lock):
        os.close(lock)
    assert (tmp_path / "lock").read_text() == "held"


def test_a_problem_of_the_plan_is_an_error_of_the_job_file(cache: Path) -> None:
    problem = {"path": ["job", "sql", "query"], "found": "Column 'nme' not found", "allowed": "", "do": "correct it"}
    with pytest.raises(ConfigError) as caught, process(f"import json\nprint(json.dumps({{'problem': {problem}}}))\n"):
        pass
    assert str(caught.value) == "small: job.sql.query\n  found    Column 'nme' not found\n  do       correct it"


@pytest.mark.parametrize(
    ("program", "last"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("", "the process ended without a message"),
    ],
)
def test_a_process_that_ends_without_an_answer_says_its_last_words_and_where_its_log_is(
    cache: Path, program: str, last: str
) -> None:
    found = failure(program)
    [folder] = (cache / "logs").iterdir()
    assert folder.name.startswith("submit-small-")
    assert str(found) == f"the job's plan could not be made: {last}\n  log  {folder}"


JAVA = "java.lang.RuntimeException: wrapped\n\tat x.Y\nCaused by: java.io.IOException: {}\n\tat x.Z\n"


def test_a_java_failure_is_reported_by_its_root_cause(cache: Path) -> None:
    found = failure(f"import sys\nsys.exit({JAVA.format('disk full')!r})\n")
    assert found.head == "the job could not be submitted: IOException: disk full"
    assert not isinstance(found, AlreadySubmitted)


def test_a_job_id_that_the_cluster_knows_is_an_error_of_its_own(cache: Path) -> None:
    text = JAVA.format("Job has already been submitted.")
    assert isinstance(failure(f"import sys\nsys.exit({text!r})\n"), AlreadySubmitted)
