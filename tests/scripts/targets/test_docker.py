from __future__ import annotations

from penstock.scripts.targets.docker import DockerTarget


def test_functions_run_with_the_python_of_the_image_unless_the_target_names_another() -> None:
    assert DockerTarget(address="http://127.0.0.1:8081").worker_python() == "/opt/penstock/venv/bin/python"
    own = DockerTarget(address="http://127.0.0.1:8081", python="/usr/bin/python3")
    assert own.python_options() == {"python.executable": "/usr/bin/python3"}


def test_a_job_in_containers_does_not_run_on_this_machine_even_at_its_address() -> None:
    target = DockerTarget(address="http://127.0.0.1:8081")
    assert (target.same_machine, target.same_network, target.takes_stack) == (False, False, False)
    assert target.start == "docker compose -f docker/compose.yaml up -d"
