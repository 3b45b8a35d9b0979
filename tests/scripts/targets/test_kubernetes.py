"""Check the manifest against the operator's own resource definition."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cli import ROOT, penstock
from small_job import small_job

from penstock.connectors.runtime.jars import jars

DEFINITION = "META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml"


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    """The schema of a FlinkDeployment, closed: a key that it does not name is an error."""
    with zipfile.ZipFile(jars(["kubernetes-operator"])[0]) as jar:
        found = yaml.safe_load(jar.read(DEFINITION))
    schema: dict[str, Any] = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"] |= {name: {} for name in ("apiVersion", "kind", "metadata")}
    closed: dict[str, Any] = _closed(schema)
    return closed


def _closed(schema: Any) -> Any:
    if isinstance(schema, dict):
        schema = {key: _closed(value) for key, value in schema.items()}
        if "properties" in schema and isinstance(schema["properties"], dict) and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
    return schema


def manifest(folder: Path, *more: str, **environ: str) -> list[dict[str, Any]]:
    job = small_job(folder)
    done = penstock("submit", job, "--target", "kubernetes", *more, cwd=folder, **environ)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all((folder / "build/kubernetes/small.yaml").read_text()))


def test_the_manifest_is_valid_by_the_operators_definition(tmp_path: Path, definition: dict[str, Any]) -> None:
    _, deployment = manifest(tmp_path)
    errors = list(jsonschema.Draft202012Validator(definition).iter_errors(deployment))
    # The newest definition that is to be had (1.10) ends at Flink 1.20: its list of versions is the one thing that differs.
    assert [(list(error.path), error.validator) for error in errors] == [(["spec", "flinkVersion"], "enum")]
    assert deployment["spec"]["flinkVersion"] == "v2_3"


def test_the_definition_rejects_a_wrong_key(tmp_path: Path, definition: dict[str, Any]) -> None:
    _, deployment = manifest(tmp_path)
    deployment["spec"]["job"]["arguments"] = deployment["spec"]["job"].pop("args")
    deployment["spec"]["jobManager"]["resource"]["cpu"] = "much"
    errors = {tuple(error.path) for error in jsonschema.Draft202012Validator(definition).iter_errors(deployment)}
    assert {("spec", "job"), ("spec", "jobManager", "resource", "cpu")} <= errors


def test_the_manifest_holds_the_job_and_names_the_drivers_options_before_the_modules(tmp_path: Path) -> None:
    config_map, deployment = manifest(tmp_path)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(config_map["binaryData"]["job.zip"]))) as archive:
        assert json.loads(archive.read("job.json"))["name"] == "small"
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(config_map["binaryData"]["code.zip"]))) as archive:
        assert {"penstock/jobs/programs/submit.py", "penstock/udfs/user_function.py"} <= set(archive.namelist())
    arguments = deployment["spec"]["job"]["args"]
    assert arguments[-3:] == ["-pym", "penstock.jobs.programs.submit", "/opt/penstock/job/job.zip"]
    assert "-py" not in arguments
    pod = deployment["spec"]["podTemplate"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["volumes"] == [{"name": "job", "configMap": {"name": config_map["metadata"]["name"]}}]
    assert (
        deployment["spec"]["flinkConfiguration"]["execution.checkpointing.dir"]
        == "s3://penstock/flink/small/checkpoints"
    )


def test_secrets_are_references(tmp_path: Path) -> None:
    target = yaml.safe_load((ROOT / "conf/targets/kubernetes.yaml").read_text())
    target["target"]["kubernetes"]["secrets"] = {"KAFKA_PASSWORD": {"name": "kafka", "key": "password"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(target))
    done = penstock("submit", small_job(tmp_path), "--target", "mine.yaml", cwd=tmp_path, KAFKA_PASSWORD="hunter2")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "build/kubernetes/small.yaml").read_text()
    assert "hunter2" not in text
    _, deployment = yaml.safe_load_all(text)
    [container] = deployment["spec"]["podTemplate"]["spec"]["containers"]
    assert container["env"] == [
        {"name": "KAFKA_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "kafka", "key": "password"}}}
    ]


def test_pods_may_request_tokens_from_the_endpoint_of_their_job(tmp_path: Path) -> None:
    oauth = {"token_url": "https://login/token", "client_id": "me", "client_secret": "${env:KAFKA_SECRET}"}
    security = {"tls": True, "mechanism": "OAUTHBEARER", "oauth": oauth}
    job = small_job(tmp_path, sink={"kafka": {"bootstrap": "kafka:9092", "topic": "t", "security": security}})
    done = penstock("submit", job, "--target", "kubernetes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning: ${env:KAFKA_SECRET} must exist where the job runs" in done.stderr
    _, deployment = yaml.safe_load_all((tmp_path / "build/kubernetes/small.yaml").read_text())
    for process in ("jobmanager", "taskmanager"):
        options = deployment["spec"]["flinkConfiguration"][f"env.java.opts.{process}"]
        assert options.endswith("kafka.sasl.oauthbearer.allowed.urls=https://login/token")


def test_state_in_a_pods_own_files_is_rejected(tmp_path: Path) -> None:
    done = penstock("submit", small_job(tmp_path), "--target", "kubernetes", cwd=tmp_path, STATE="file:///tmp/state")
    assert done.returncode == 2
    assert "which not every pod can read" in done.stderr


def test_without_kubectl_an_error_names_the_file_that_was_written(tmp_path: Path) -> None:
    done = penstock("submit", small_job(tmp_path), "--target", "kubernetes", "--apply", cwd=tmp_path, PATH="/nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("kubectl is not installed here; build/kubernetes/small.yaml was written\n")
