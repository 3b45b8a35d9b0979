from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from penstock.scripts.config.load import load
from penstock.scripts.config.scrub import HIDDEN, effective, scrub, secrets


@pytest.mark.parametrize(
    "key",
    ["password", "passwd", "PASSPHRASE", "client.secret", "sasl.jaas.config", "api_key", "apikey", "private.key",
     "access-key", "oauth_token", "credentials", "store_pass"],
)  # fmt: skip
def test_the_value_of_a_key_that_suggests_a_secret_is_hidden(key: str) -> None:
    assert scrub({key: "hunter2"}, ()) == {key: HIDDEN}
    assert secrets({"sink": [{"kafka": {key: "hunter2"}}]}) == [f"sink.0.kafka.{key}"]


def test_a_reference_stays_because_it_contains_no_secret() -> None:
    tree = {"password": "${env:SECRET}", "user": "ada"}
    assert scrub(tree, ()) == tree
    assert secrets(tree) == []


def test_a_password_in_a_url_is_hidden_wherever_it_is() -> None:
    tree = {"path": ["s3://ada:hunter2@host/x", "s3://host/x"], "text": "see http://a:b@c and http://d:e@f"}
    assert scrub(tree, ()) == {
        "path": [f"s3://ada:{HIDDEN}@host/x", "s3://host/x"],
        "text": f"see http://a:{HIDDEN}@c and http://d:{HIDDEN}@f",
    }
    assert secrets(tree) == ["path.0", "text"]


def test_columns_and_rows_are_data_and_a_token_url_is_an_address() -> None:
    tree = {
        "columns": {"password": "string"},
        "rows": [{"token": "t1"}],
        "token_url": "https://login.example.com/token",
    }
    assert scrub(tree, ()) == tree


@pytest.mark.parametrize("value", [None, True, 5, 1.5])
def test_a_value_that_is_no_text_stays(value: object) -> None:
    assert scrub({"password": value}, ()) == {"password": value}


def test_the_job_file_after_all_layers_is_yaml_without_secrets_in_the_order_of_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(
        "name: x\ndescription: http://ada:${WORD}@höst\n"
        "source: {values: {columns: {a: int}, rows: []}}\njob: {dedup: {key: a, ttl: never}}\nsink: {console: {}}\n"
    )
    text = effective(load(file, settings=["flink.parallelism=2"], environ={"WORD": "hunter2"}))
    assert text.splitlines()[:2] == ["name: x", f"description: http://ada:{HIDDEN}@höst"]
    assert list(yaml.safe_load(text)) == ["name", "description", "source", "job", "sink", "flink"]
