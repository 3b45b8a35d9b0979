"""A broker that wants a login or TLS: jobs run, are submitted and restart, and the command's own clients read what they wrote."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli import penstock
from kafka import KafkaProducer
from secured import MECHANISMS, PASSWORD, Secured

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.security import Security
from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.processes import free_port

pytestmark = pytest.mark.slow

Said = Callable[..., str]


@pytest.fixture(params=MECHANISMS)
def mechanism(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def say(secured: Secured, tmp_path: Path) -> Said:
    """What a command says, with the secrets in its environment; it must succeed."""

    def run(*arguments: str | Path, stdin: str | None = None) -> str:
        done = penstock(*arguments, cwd=tmp_path, stdin=stdin, **secured.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def secured_flink(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    """A session cluster that knows the secrets, and may ask the token endpoint."""
    folder = tmp_path_factory.mktemp("secured-flink")
    path = f"{sys.base_prefix}/bin:{os.environ['PATH']}"
    arguments = ("--only", "flink", "--rest-port", str(free_port()), "--slots", "4", "--folder", folder)
    up = penstock("stack", "up", *arguments, "--token-url", secured.token_url, cwd=folder, PATH=path, **secured.environ)
    assert up.returncode == 0, up.stderr
    cluster = FlinkCluster(folder)
    yield cluster
    cluster.stop()


def _names(mechanism: str) -> str:
    return mechanism.lower().replace(" ", "-")


def _job(secured: Secured, folder: Path, mechanism: str, name: str, **source: Any) -> Path:
    """The job file: numbers from `NAME.in` to `NAME.out`, undecodable records to `NAME.dead`; and the file for `--security` beside it."""
    kafka = {"bootstrap": secured.addresses[mechanism], "security": secured.security(mechanism)}
    own = {"group": name, "start": "earliest", "columns": {"n": "int"}, "on_error": "dead_letter", **source}
    job = {
        "name": name,
        "source": {"kafka": {**kafka, "topic": f"{name}.in", **own}},
        "job": {"map": {"function": "square", "of": "n", "to": "squared"}},
        "sink": {"kafka": {**kafka, "topic": f"{name}.out", "guarantee": "exactly_once"}},
        "dead_letters": {"kafka": {**kafka, "topic": f"{name}.dead"}},
        "flink": {"checkpoint": "500 ms"},
    }
    (folder / "client.yaml").write_text(json.dumps({"security": kafka["security"]}))
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(job))
    return file


def _topics(secured: Secured, *names: str) -> None:
    with closing(admin("test", secured.plaintext)) as client:
        client.create_topics({name: {"num_partitions": 1, "replication_factor": 1} for name in names})


def _produce(secured: Secured, topics: list[str], value: bytes) -> None:
    with closing(KafkaProducer(bootstrap_servers=secured.plaintext)) as producer:
        for topic in topics:
            producer.send(topic, value=value)
        producer.flush()


def _squares(text: str) -> list[int]:
    return sorted(json.loads(line)["squared"] for line in text.splitlines())


def test_a_job_runs_and_the_command_reads_what_it_wrote(
    secured: Secured, mechanism: str, tmp_path: Path, say: Said
) -> None:
    name = f"run-{_names(mechanism)}"
    job = _job(secured, tmp_path, mechanism, name, until="latest")
    client = ("--bootstrap", secured.addresses[mechanism], "--security", "client.yaml")
    _topics(secured, f"{name}.out", f"{name}.dead")
    say("topics", "create", f"{name}.in", *client)
    say("topics", "produce", f"{name}.in", *client, stdin='{"n": 2}\nnone\n{"n": 3}\n')
    say("run", job)
    assert _squares(say("topics", "tail", f"{name}.out", *client)) == [4, 9]
    assert json.loads(say("dlq", "stats", job, "--output", "json"))[0]["letters"] == 1
    assert say("txn", "list", *client) == "no open transactions\n"
    doctor = json.loads(penstock("doctor", "--job", job, "--output", "json", cwd=tmp_path, **secured.environ).stdout)
    assert {f"topic {name}.{topic}" for topic in ("in", "out", "dead")} <= {finding["what"] for finding in doctor}
    assert "1 to" in say("dlq", "replay", job)


def test_submitted_jobs_restart_and_write_each_row_once(
    secured: Secured, secured_flink: FlinkCluster, tmp_path: Path, say: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in secured.environ.items():  # for the TaskManagers that are started again below
        monkeypatch.setenv(variable, value)
    flink = Flink(str(secured_flink.address))
    names = {mechanism: f"submit-{_names(mechanism)}" for mechanism in MECHANISMS}
    for mechanism, name in names.items():
        (tmp_path / name).mkdir()
        _job(secured, tmp_path / name, mechanism, name)
        _topics(secured, *(f"{name}.{topic}" for topic in ("in", "out", "dead")))
    _produce(secured, [f"{name}.in" for name in names.values()], b'{"n": 2}')

    def submit(name: str) -> str:
        done = penstock(
            "submit",
            f"{name}.yaml",
            "--timeout",
            "150",
            cwd=tmp_path / name,
            FLINK=str(secured_flink.address),
            **secured.environ,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with ThreadPoolExecutor(2) as pool:
        assert all("RUNNING" in text for text in pool.map(submit, names.values()))
    for number in (1, 2):
        secured_flink.kill(f"taskmanager-{number}")
        secured_flink.launch(f"taskmanager-{number}")
    _produce(secured, [f"{name}.in" for name in names.values()], b'{"n": 3}')
    for mechanism, name in names.items():
        client = ("--bootstrap", secured.addresses[mechanism], "--security", tmp_path / name / "client.yaml")
        assert _squares(say("topics", "tail", f"{name}.out", *client, "--follow", "--limit", "2")) == [4, 9]
    for job in flink.jobs():
        flink.cancel(job.id)


def test_a_wrong_password_is_one_clear_error(secured: Secured, tmp_path: Path) -> None:
    job = _job(secured, tmp_path, "PLAIN", "wrong")
    done = penstock("run", job, cwd=tmp_path, **{**secured.environ, "SECURED_PASSWORD": "not-it"})
    assert done.returncode == 1
    assert "rejects the login" in done.stderr and "PLAIN as alice" in done.stderr
    assert "not-it" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("mechanism", "wrong", "said"),
    [
        ("SCRAM-SHA-512", {"password": "${env:WRONG}"}, "rejects the login"),
        ("OAUTHBEARER", {"oauth": {"client_secret": "${env:WRONG}"}}, "HTTP status 401"),
        ("mutual TLS", {"tls": {"certificate": None, "key_password": None}}, "cannot open a TLS connection"),
        ("mutual TLS", {"tls": {"ca": None}}, "unable to get local issuer certificate"),
    ],
)
def test_what_a_broker_does_not_accept_is_one_clear_error(
    secured: Secured, mechanism: str, wrong: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**secured.environ, "WRONG": "not-it"}.items():
        monkeypatch.setenv(name, value)
    own = secured.security(mechanism)
    changed = {key: _changed(own[key], value) if isinstance(value, dict) else value for key, value in wrong.items()}
    with pytest.raises(RunError, match=said) as caught:
        admin("test", secured.addresses[mechanism], Security.model_validate({**own, **changed}))
    assert "not-it" not in str(caught.value)


def _changed(own: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With these changes; None takes a key out."""
    return {key: value for key, value in {**own, **changes}.items() if value is not None}


def test_a_missing_secret_is_named_before_the_job_starts(secured: Secured, tmp_path: Path) -> None:
    job = _job(secured, tmp_path, "PLAIN", "missing")
    for command in (("run", job), ("submit", job, "--target", "session")):
        done = penstock(*command, FLINK="http://127.0.0.1:1", cwd=tmp_path)
        assert done.returncode == 1, done.stdout
        assert "${env:SECURED_PASSWORD} is not set" in done.stderr
    doctor = penstock("doctor", "--job", job, "--output", "json", cwd=tmp_path).stdout
    assert any("SECURED_PASSWORD" in finding["found"] for finding in json.loads(doctor))


def test_a_secret_that_only_the_cluster_has_is_a_warning(secured: Secured, tmp_path: Path) -> None:
    job = _job(secured, tmp_path, "PLAIN", "elsewhere")
    done = penstock("submit", job, "--target", "docker", cwd=tmp_path, FLINK="http://127.0.0.1:1")
    assert "elsewhere: warning: ${env:SECURED_PASSWORD} must exist where the job runs" in done.stderr
    assert PASSWORD not in done.stderr
