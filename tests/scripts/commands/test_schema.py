from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from penstock.scripts.main import cli

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads(CliRunner().invoke(cli, ["schema"]).output)
FILES = [f for f in sorted((ROOT / "conf" / "jobs").glob("*.yaml")) if not f.stem.endswith("_test")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_shipped_job_file_fits_the_schema(file: Path) -> None:
    jsonschema.validate(yaml.safe_load(file.read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize("change", [{"nme": "x"}, {"sink": {"consle": {}}}, {"flink": {"parallelism": "many"}}])
def test_what_is_wrong_does_not(change: dict[str, object]) -> None:
    good = yaml.safe_load(FILES[0].read_text("utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, **change}, SCHEMA)
