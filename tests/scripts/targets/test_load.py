from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli import penstock
from small_job import small_job

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.stack.flink_config import Layout
from penstock.scripts.stack.service import Service
from penstock.scripts.targets.docker import DockerTarget
from penstock.scripts.targets.load import load_target
from penstock.scripts.targets.session import SessionTarget


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose stack has a running process as its JobManager (any process: these tests do not connect to it)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLINK", raising=False)
    folder = tmp_path / ".penstock/stack/flink"
    service = Service(folder, "jobmanager-1")
    service.start(["sleep", "300"], os.environ, 41235)
    layout = Layout(folder, (41235,), 41236, 0, 1, None)
    (folder / "cluster.json").write_text(json.dumps({**layout.__dict__, "folder": str(folder)}))
    yield tmp_path
    service.stop()


def test_the_session_target_is_the_stack_of_this_folder(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = load_target("session").target
    assert isinstance(target, SessionTarget)
    assert target.address == "http://127.0.0.1:41235"
    assert capsys.readouterr().err.startswith("FLINK is http://127.0.0.1:41235, the stack of this folder")


def test_the_docker_target_has_the_address_that_the_compose_file_publishes(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLINK", "http://127.0.0.1:41235")
    target = load_target("docker").target
    assert isinstance(target, DockerTarget)
    compose = (Path(__file__).parents[3] / "docker/compose.yaml").read_text("utf-8")
    assert f'"{target.address.removeprefix("http://")}:8081"' in compose


def test_the_variable_does_not_stand_for_the_stack_in_another_target(stack: Path) -> None:
    (stack / "mine.yaml").write_text("target: {docker: {address: '${FLINK}'}}\n")
    with pytest.raises(ConfigError, match="the environment variable FLINK is not set"):
        load_target("mine.yaml")


def test_another_target_with_the_address_of_the_stack_is_an_error(stack: Path) -> None:
    (stack / "mine.yaml").write_text("target: {docker: {address: 'http://127.0.0.1:41235'}}\n")
    with pytest.raises(ConfigError) as caught:
        load_target("mine.yaml")
    assert str(caught.value).splitlines() == [
        "mine.yaml: target.docker.address",
        "  found    http://127.0.0.1:41235, which is the stack of this folder (.penstock/stack)",
        "  allowed  the address that the target itself publishes",
        "  do       correct the address, or use --target session for the stack",
    ]


def test_without_containers_an_error_says_how_to_start_them(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("target: {docker: {address: 'http://127.0.0.1:9'}}\n")
    done = penstock("submit", small_job(tmp_path), "--target", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "no Flink answers at http://127.0.0.1:9 (ConnectionError)\n"
        "  do       start one (docker compose -f docker/compose.yaml up -d), or correct the target's address\n"
    )
