from __future__ import annotations

from pathlib import Path

import pytest

from penstock.connectors.config.problems import ConfigError
from penstock.connectors.kafka.security import Security
from penstock.scripts.config.client import security_file

SECURITY = "security: {tls: false, mechanism: PLAIN, user: '${ME:ada}', password: '${env:WORD}'}\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "client.yaml"
    file.write_text(text)
    return file


def test_a_client_file_holds_what_a_job_file_writes_below_security(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ME", raising=False)
    file = written(tmp_path, SECURITY)
    same = {"tls": False, "mechanism": "PLAIN", "user": "ada", "password": "${env:WORD}"}
    assert security_file(file) == Security.model_validate(same)
    monkeypatch.setenv("ME", "ben")
    assert security_file(file).user == "ben"


@pytest.mark.parametrize(
    ("text", "head", "found", "do"),
    [
        ("", "(the whole file)", "nothing instead of keys", "create an example with penstock init NAME"),
        ("sink: {}\nsecurity: {tls: true}\n", "sink", '"sink", which is not a key here', "remove the key"),
        ("security: {tls: yes}\n", "security.tls", '"yes"', "write true"),
    ],
)
def test_a_wrong_client_file_is_an_error_with_its_position(
    tmp_path: Path, text: str, head: str, found: str, do: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        security_file(written(tmp_path, text))
    error = caught.value
    assert (error.head, error.found) == (head, found)
    assert error.where.startswith(f"{tmp_path}/client.yaml:1:")
    assert error.do == do


def test_a_password_in_the_file_itself_is_rejected_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        security_file(written(tmp_path, SECURITY.replace("${env:WORD}", "hunter2")))
    assert "hunter2" not in str(caught.value)
    assert caught.value.head == "security.password"
