"""Strings with a meaning in YAML, SQL, shells, paths, Java or Kafka in every text field: each is rejected, or is the plain value of its key
and changes nothing else. PENSTOCK_FUZZ=N tests N strings."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.connectors.config.problems import ConfigError
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.load import load
from penstock.scripts.local.mini_cluster import MiniCluster

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
COUNT = int(os.environ.get("PENSTOCK_FUZZ", "90"))
PIECES = [
    "'", '"', "`", ";", "--", "/*", "*/", "\\", "\n", "\r", "\t", "\x00", "\x1b[2J", "\u2028", "\u202e", "\ufeff", "#", "{", "}", "[",
    "]", ":", "${HOME}", "${X:y}", "$(id)", "`id`", "|", "&&", ">", "<", "../", "/etc/passwd", "file:///etc/passwd", "s3://x/", "~", "%s",
    "{0}", "*", "?", "' OR 1=1 --", "DROP TABLE t", "') WITH ('connector'='print", "connector=print", "properties.x=y", ",",
    "topic;other", " NOT NULL", "PLAINTEXT://x:1", "org.apache.kafka.common.security.auth.JndiLoginModule required", "jndi:ldap://x",
    "${env:SECRET}", "!!python/object:os", "~\x00", "~nobody", "name", "a", "0", "=", "é", "\U0001f600",
]  # fmt: skip
JOB: dict[str, Any] = {
    "name": "injected",
    "description": "text",
    "source": {
        "kafka": {
            "bootstrap": "localhost:9092", "topic": ["orders"], "group": "group", "start": "earliest", "format": "json",
            "columns": {"user": "string", "amount": "double", "at": "timestamp_ltz(3)"},
            "key": {"columns": {"id": "string"}, "format": "raw"}, "envelope": {"topic": "origin"},
            "event_time": {"column": "at", "out_of_order": "5 s"}, "properties": {"client.rack": "rack"},
        }
    },
    "job": [
        {"uppercase_filter": {"column": "user", "to": "upper", "keep": {"contains": "text"}}},
        {"map": {"function": "upper", "of": ["user"], "to": "mapped"}},
        {
            "regression_scoring": {
                "model": str(Path(__file__).parents[3] / "conf" / "models" / "house_price.json"),
                "columns_of": {"area": "amount", "rooms": "amount", "age": "amount"},
            }
        },
    ],
    "sink": [{"kafka": {"bootstrap": "localhost:9092", "topic": "sums", "key": ["user"], "format": "json"}}, {"files": {"path": "out"}}],
    "dead_letters": {"files": {"path": "dead", "format": "json"}},
    "flink": {"checkpoint": "10 s", "options": {"table.exec.mini-batch.enabled": "true"}},
}  # fmt: skip


def strings() -> Iterator[str]:
    dice = random.Random(20261122)
    yield from PIECES
    for _ in range(COUNT - len(PIECES)):
        yield "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 4)))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each text."""
    if isinstance(value, str):
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def put(path: tuple[str | int, ...], text: str) -> dict[str, Any]:
    changed: Any = copy.deepcopy(JOB)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return changed  # type: ignore[no-any-return]


def _loaded(folder: Path, job: dict[str, Any]) -> Pipeline:
    file = folder / "job.yaml"
    file.unlink(missing_ok=True)  # overwriting an existing file would be synchronised to disk, which is slow
    file.write_bytes(yaml.dump(job, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, encoding="utf-8"))
    return load(file, environ={"HOME": "/root"}).pipeline


def _differences(one: Any, other: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            yield from _differences(one.get(key), other.get(key), (*path, key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _differences(a, b, (*path, index))
    elif one != other:
        yield path, other


def _accepted(tmp_path: Path) -> Iterator[tuple[tuple[str | int, ...], str, Pipeline]]:
    for path in places(JOB):
        for text in strings():
            try:
                yield path, text, _loaded(tmp_path, put(path, text))
            except ConfigError:
                continue


@pytest.mark.slow
def test_an_accepted_string_is_the_value_of_its_own_key_only(tmp_path: Path) -> None:
    plain = _loaded(tmp_path, JOB).model_dump(mode="json")
    count = 0
    for path, text, pipeline in _accepted(tmp_path):
        count += 1
        for where, value in _differences(plain, pipeline.model_dump(mode="json")):
            assert where == path, f"{text!r} at {path} changed {where}"
            written = text.replace("${HOME}", "/root").replace("${X:y}", "y")
            resolved = os.path.normpath(tmp_path / os.path.expanduser(written)) if path[-1] == "path" else None
            typed = path[-1] in ("checkpoint", "out_of_order") or "columns" in path
            assert typed or value in (written, resolved), f"{text!r} at {path} became {value!r}"
    assert count > 20, "hardly any string was accepted, so the test proves little"


@pytest.mark.slow
def test_no_string_adds_or_changes_another_option_of_flink(tmp_path: Path, cluster: MiniCluster) -> None:
    plain = _options(_loaded(tmp_path, JOB))
    for path, text, pipeline in _accepted(tmp_path):
        options = _options(pipeline)
        assert options.keys() == plain.keys(), f"{text!r} at {path} adds or removes options"
        changed = {key: value for key, value in options.items() if value != plain[key]}
        name = str(path[-2] if isinstance(path[-1], int) else path[-1])
        assert all(_own(key, name, path) for key in changed), f"{text!r} at {path} changes {changed}"


def _own(option: str, key: str, path: tuple[str | int, ...]) -> bool:
    """Whether a Flink option corresponds to this key."""
    words = {"bootstrap": "bootstrap.servers", "group": "group.id", "columns": "fields"}
    return (
        words.get(key, key) in option
        or ("columns" in path and "required" in option)
        or key in ("key", "topic", "format", "start")
    )


def _options(pipeline: Pipeline) -> dict[str, str]:
    rows = pipeline.output_columns()
    made = {"source": _table(pipeline.all_sources()["records"])}
    made |= {name: _table(sink, rows, name) for name, sink in pipeline.named_sinks().items()}
    return {f"{name} {key}": value for name, table in made.items() for key, value in table.items()}


_tables: dict[str, dict[str, str]] = {}


def _table(connector: Any, *arguments: Any) -> dict[str, str]:
    """The options of the connector's table. Most of them are the same for each string, and are requested from the JVM once."""
    from pyflink.table import Schema

    same = f"{type(connector)} {connector.model_dump_json()} {arguments}"
    if same not in _tables:
        schema = Schema.new_builder().column("c", "STRING").build()
        _tables[same] = dict(connector.descriptor(schema, *arguments).get_options())
    return _tables[same]


@pytest.mark.parametrize("text", ["x' OR '1'='1", "`id`", "a;b", "\x00", "${env:HOME}"])
def test_a_text_to_compare_with_is_not_executed_as_a_query(text: str, cluster: MiniCluster) -> None:
    rows = [{"t": text}, {"t": "other"}]
    made = Pipeline.model_validate(
        {
            "name": "injected",
            "source": {"values": {"columns": {"t": "string"}, "rows": rows}},
            "job": {"uppercase_filter": {"column": "t", "to": "u", "keep": {"equals": text}, "when": "before"}},
            "sink": {"console": {}},
        }
    )
    assert [row["t"] for row in cluster.run(made).rows()] == [text]
