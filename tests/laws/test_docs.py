"""The docs are correct: every YAML block validates, every command and path exists, and generated files are up to date."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from penstock.connectors.base.source import Source
from penstock.connectors.config.help_texts import help_text
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts import reference, types_page
from penstock.scripts.commands import schema
from penstock.scripts.config.load import load, validated
from penstock.scripts.config.tree import parse
from penstock.scripts.flink import known_failures
from penstock.scripts.main import _COMMANDS, cli
from penstock.scripts.setup_progress import size
from penstock.scripts.setup_steps import Expected
from penstock.scripts.testing.cases import Cases

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCED = re.compile(r"^```([a-z ]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [(page, kind, text) for page in PAGES for kind, text in _FENCED.findall(page.read_text("utf-8"))]
TEXTS = ("user", "event_id", "kind", "name")
NUMBERS = ("amount", "paid", "owed", "area", "age", "price")
TYPES = {
    **dict.fromkeys(TEXTS, "string"),
    **dict.fromkeys(NUMBERS, "double"),
    "value": "int",
    "rooms": "int",
    "at": "timestamp_ltz(3)",
}
YAML = [pytest.param(text, id=f"{page.stem}-{n}") for n, (page, kind, text) in enumerate(BLOCKS) if kind == "yaml"]


def test_the_readme_says_what_the_set_up_of_this_lock_takes() -> None:
    """`python -m benchmarks.set_up` measures it, and is run again after each change of the lock."""
    found = Expected.read()
    assert found.lock == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert f"with {found.packages} pinned packages" in readme
    assert f"downloads {size(found.download)}, needs {size(found.needed)} of free disk" in readme
    assert f"keeps {size(found.installed)} there and {size(found.cache)} in the user's cache" in readme


@pytest.mark.parametrize("text", YAML)
def test_every_yaml_is_a_job_file_or_fits_into_one(text: str, tmp_path: Path) -> None:
    found = yaml.safe_load(text)
    whole = {
        "name": "doc",
        "source": {"values": {"columns": TYPES, "rows": [], "event_time": {"column": "at"}}},
        "sink": {"console": {}},
        "dead_letters": {"blackhole": {}},
        **found,
    }
    (tmp_path / "conf" / "jobs").mkdir(parents=True)
    (tmp_path / "conf" / "models").symlink_to(ROOT / "conf" / "models")
    file = tmp_path / "conf" / "jobs" / "doc.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
    assert isinstance(load(file, environ={}).pipeline, Pipeline)


@pytest.mark.parametrize("text", [t for _, kind, t in BLOCKS if kind == "yaml test"])
def test_every_yaml_test_in_the_docs_is_valid(text: str) -> None:
    assert validated(parse(text, "docs"), Cases).tests


COMMANDS = sorted(
    {(p, line) for p in PAGES for line in re.findall(r"penstock ((?:[a-z]+)[^`\n|,;]*)", p.read_text("utf-8"))}
)


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=lambda v: v.name if isinstance(v, Path) else v[:40])
def test_every_command_in_the_docs_exists(page: Path, line: str) -> None:
    words = line.split("  #")[0].split()
    if words[0] not in _COMMANDS:
        pytest.skip(f"prose, not a command: {line}")
    shown = CliRunner().invoke(cli, [words[0], "--help"]).output
    if words[0] in ("stack", "topics", "dlq", "txn") and len(words) > 1:
        shown += CliRunner().invoke(cli, [*words[:2], "--help"]).output
    for option in re.findall(r"(?<= )--[a-z]+", line):
        assert option in shown, f"{page}: penstock {words[0]} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_in_the_docs_exists(page: Path) -> None:
    text = re.sub(r"^```text.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    prose = re.sub(r"\]\([^)]*\)", "]", text)  # a link is relative to its page, a path in the text to the project
    for path in re.findall(r"\b((?:conf|scripts|docs|jobs|udfs|connectors|tests|docker)/[\w./-]+)", prose):
        if "NAME" not in path:
            assert (ROOT / path.rstrip("./")).exists(), f"{page}: {path} does not exist"
    for link in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
        assert (page.parent / link).exists(), f"{page}: the target of the link {link} does not exist"


def test_generated_files_are_up_to_date() -> None:
    assert reference.PAGE.read_text("utf-8") == reference.page(), "run python -m penstock.scripts.reference"
    assert reference.TROUBLESHOOTING.read_text("utf-8") == known_failures.page(), (
        "run python -m penstock.scripts.reference"
    )
    assert reference.TYPES.read_text("utf-8") == types_page.page(), "run python -m penstock.scripts.reference"
    shipped = (ROOT / "conf" / "job.schema.json").read_text("utf-8")
    assert shipped == schema.text(), "run penstock schema > conf/job.schema.json"


def test_every_shipped_job_file_names_the_schema_and_validates() -> None:
    files = [f for f in sorted((ROOT / "conf" / "jobs").glob("*.yaml")) if not f.stem.endswith("_test")]
    for file in files:
        assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=../job.schema.json\n"), file
        load(file, environ={})


def test_the_readme_shows_the_real_output_of_validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    job = next(t for p, kind, t in BLOCKS if p.name == "README.md" and kind == "yaml")
    shown = textwrap.dedent(readme.split("$ penstock validate orders.yaml\n")[1].split("```")[0])
    monkeypatch.chdir(tmp_path)
    Path("orders.yaml").write_text(job.replace("value: amount", "value: amout"), encoding="utf-8")
    with pytest.raises(Exception, match="amout") as caught:
        load(Path("orders.yaml"))
    assert f"{caught.value}\n" == shown


def test_the_source_in_contributing_is_a_whole_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, line, test = [text for page, kind, text in BLOCKS if page.name == "CONTRIBUTING.md" and kind == "python"]
    file = tmp_path / "numbers_of_contributing.py"
    file.write_text(module, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, file.stem, made)
    spec.loader.exec_module(made)
    plug_in = getattr(made, line.split(":")[1].strip(" ,\n"))
    job = yaml.safe_load(test.split('"""')[1].removeprefix("\\\n"))
    source = plug_in.model_validate(job["source"]["numbers"])
    assert issubclass(plug_in, Source) and source.stream().bounded
    assert "Guarantee:" in plug_in.__doc__ and all(help_text(plug_in, key) for key in plug_in.model_fields)
