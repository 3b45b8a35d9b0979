from __future__ import annotations

import json
import zipfile
from pathlib import Path

import yaml
from cli import ROOT, penstock
from small_job import small_job


def test_the_same_job_makes_the_same_bytes(tmp_path: Path) -> None:
    job = ROOT / "conf/jobs/regression_scoring.yaml"
    sums = [json.loads(penstock("package", job, "--to", tmp_path / n, "--output", "json").stdout) for n in ("a", "b")]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sums[0]["sha256"] == sums[1]["sha256"]
    with zipfile.ZipFile(tmp_path / "a") as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["name"] == "regression-scoring"
    assert any(name.endswith("-house_price.json") for name in names)
    assert {"code/penstock/jobs/programs/submit.py", "code/penstock/udfs/user_function.py", "job.json"} <= set(names)


def test_connector_jars_travel_and_a_secret_does_not(tmp_path: Path) -> None:
    kafka = {"bootstrap": "localhost:9092", "topic": "t"}
    sink = {
        "kafka": {**kafka, "security": {"tls": True, "mechanism": "PLAIN", "user": "me", "password": "${env:STORE}"}}
    }
    done = penstock("package", small_job(tmp_path, sink=sink), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "small.zip") as archive:
        assert "${env:STORE}" in archive.read("job.json").decode()
        assert any("flink-sql-connector-kafka" in name for name in archive.namelist())


def test_what_validate_accepts_can_be_packed(tmp_path: Path) -> None:
    """Columns and keys with telling names hold no secret."""
    oauth = {"token_url": "https://login/t", "client_id": "me", "client_secret": "${env:STORE}"}
    security = {"tls": True, "mechanism": "OAUTHBEARER", "oauth": oauth}
    source = {"values": {"columns": {"token": "string"}, "rows": [{"token": "abc"}]}}
    sink = {"kafka": {"bootstrap": "localhost:9092", "topic": "t", "security": security}}
    job = {"map": {"function": "upper", "of": "token", "to": "secret"}}
    file = small_job(tmp_path, source=source, job=job, sink=sink)
    assert penstock("validate", file, cwd=tmp_path).returncode == 0
    done = penstock("package", file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_password_in_a_path_is_rejected(tmp_path: Path) -> None:
    job = small_job(tmp_path, sink={"files": {"path": "s3://me:hunter2@bucket/out"}})
    done = penstock("package", job, cwd=tmp_path)
    assert done.returncode == 2
    assert "found    a secret by value" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert yaml.safe_load(job.read_text())["name"] == "small"
