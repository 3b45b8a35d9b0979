from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from packages import JOB, package

from penstock.connectors.config.problems import ConfigError
from penstock.connectors.config.secrets import NotHere
from penstock.jobs.pipeline import preflight
from penstock.scripts.commands import options


def parsed(*words: str, **environ: str) -> dict[str, Any]:
    """The values of these words for a command with every shared option."""
    found: dict[str, Any] = {}
    command = options.job_file(options.cluster(options.watch(lambda **values: found.update(values))))
    done = CliRunner().invoke(click.command()(command), ["job.yaml", *words], env=environ)
    assert done.exit_code == 0, done.output
    return found


def test_what_is_left_out_has_its_default() -> None:
    assert parsed(PENSTOCK_TARGET="", PENSTOCK_LEDGER="") == {
        "job": Path("job.yaml"), "overlays": (), "settings": (), "target": "session", "ledger": Path(".penstock"),
        "output": "text", "checkpoints": 2, "timeout": 120, "hold": 5, "drop_state": False,
    }  # fmt: skip


def test_overlays_and_settings_keep_their_order() -> None:
    found = parsed("--overlay", "a", "--set", "x=1", "--overlay", "b", "--set", "y=2")
    assert (found["overlays"], found["settings"]) == ((Path("a"), Path("b")), ("x=1", "y=2"))


def test_the_environment_names_target_and_ledger_and_an_option_wins() -> None:
    environ = {"PENSTOCK_TARGET": "staging", "PENSTOCK_LEDGER": "/shared"}
    found = parsed(**environ)
    assert (found["target"], found["ledger"]) == ("staging", Path("/shared"))
    assert parsed("--target", "docker", **environ)["target"] == "docker"


@pytest.mark.parametrize(
    "words",
    [("--checkpoints", "0"), ("--checkpoints", "1001"), ("--timeout", "0"), ("--hold", "-1"), ("--output", "xml")],
)
def test_a_value_out_of_range_is_a_usage_error(words: tuple[str, str]) -> None:
    command = click.command()(options.watch(options.output_option(lambda **values: None)))
    assert CliRunner().invoke(command, words).exit_code == 2


def test_modules_are_looked_for_beside_the_job_file_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert options.folders(Path("conf/jobs/a.yaml")) == [tmp_path / "conf/jobs", tmp_path]
    assert options.folders(Path("a.yaml")) == [tmp_path]


def test_job_files_are_made_in_conf_jobs_when_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert options.home() == Path(".")
    (tmp_path / "conf/jobs").mkdir(parents=True)
    assert options.home() == Path("conf/jobs")


def looked(job: dict[str, Any], **target: bool) -> str:
    """What `look_before` writes on standard error."""
    where: Any = SimpleNamespace(**{"same_network": True, "same_machine": True, **target})
    command = click.command()(lambda: options.look_before(where, package(job)))
    done = CliRunner().invoke(command, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.stderr


SECURITY = {"tls": True, "mechanism": "PLAIN", "user": "me", "password": "${env:STORE}"}
SECRET = {**JOB, "sink": {"kafka": {"bootstrap": "k:1", "topic": "t", "security": SECURITY}}}


def test_a_connector_of_this_machine_is_rejected_for_a_job_in_another_network() -> None:
    here = {**JOB, "source": {"values": {"columns": {"id": "bigint"}, "rows": []}}}
    with pytest.raises(ConfigError) as caught:
        looked(here, same_network=False)
    assert str(caught.value) == (
        "small: ValuesSource works on this machine only\n  do       read files or a topic that the cluster reaches"
    )


def test_brokers_of_another_network_are_not_asked_and_a_secret_is_a_warning() -> None:
    warning = "small: warning: ${env:STORE} must exist where the job runs; its brokers were not checked\n"
    assert looked(SECRET, same_network=False) == warning


def test_a_secret_that_is_missing_here_is_an_error_only_where_the_job_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = NotHere("the environment has no STORE")
    monkeypatch.setattr(preflight, "preflight", lambda pipeline, not_here: not_here(problem))
    assert looked(SECRET, same_machine=False) == (
        "small: warning: the environment has no STORE: it must exist where the job runs; its brokers were not checked\n"
    )
    with pytest.raises(NotHere):
        looked(SECRET)
