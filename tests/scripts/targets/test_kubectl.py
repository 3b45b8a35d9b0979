"""`kubectl` as a script of the test: no Kubernetes is needed to see what it is asked and what becomes of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.connectors.config.problems import RunError
from penstock.scripts.targets.kubectl import send, write


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only program on the path, which is not there yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "kubectl"


def install(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_documents_are_one_file_and_keep_their_order(tmp_path: Path) -> None:
    documents: list[dict[str, Any]] = [{"kind": "ConfigMap", "a": "1"}, {"kind": "FlinkDeployment", "a": True}]
    file = tmp_path / "build/kubernetes/small.yaml"
    write(documents, file)
    assert list(yaml.safe_load_all(file.read_text())) == documents
    assert file.read_text().startswith("kind: ConfigMap\na: '1'\n---\n")


def test_a_manifest_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        write([], tmp_path / "file" / "small.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/file/small.yaml cannot be written: File exists\n  do       choose another place with --to"
    )


def test_the_manifest_is_applied(kubectl: Path, tmp_path: Path) -> None:
    install(kubectl, f'echo "$@" > {tmp_path}/asked')
    assert send(Path("small.yaml")) == "APPLIED"
    assert (tmp_path / "asked").read_text() == "apply -f small.yaml\n"


def test_what_kubectl_rejects_is_an_error_in_its_own_words(kubectl: Path) -> None:
    install(kubectl, "echo ' no matches for kind FlinkDeployment ' >&2; exit 1")
    with pytest.raises(RunError) as caught:
        send(Path("small.yaml"))
    assert str(caught.value) == (
        "kubectl rejected small.yaml: no matches for kind FlinkDeployment\n"
        "  do       correct what kubectl names, and submit again"
    )


def test_without_kubectl_the_command_for_another_machine_is_shown(kubectl: Path) -> None:
    with pytest.raises(RunError) as caught:
        send(Path("small.yaml"))
    assert str(caught.value) == (
        "kubectl is not installed here; small.yaml was written\n"
        "  do       kubectl apply -f small.yaml on a machine with kubectl"
    )
