from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.config.load import load
from penstock.scripts.config.merge import overlay, setting
from penstock.scripts.config.tree import parse

SEVERAL = """\
name: several
sources:
  orders: {kafka: {bootstrap: "b:1", topic: orders, group: g, columns: {id: int}}}
  users: {kafka: {bootstrap: "b:1", topic: users, group: g, columns: {id: int}}}
job:
  - sql: {query: SELECT orders.id FROM orders JOIN users ON orders.id = users.id, columns: {id: int}, ttl: never}
  - uppercase_filter: {column: id}
sink:
  - kafka: {bootstrap: "b:1", topic: out}
"""


def merged(*texts: str, base: str = SEVERAL) -> Any:
    tree = parse(base, "job.yaml")
    for text in texts:
        tree = overlay(tree, setting(text) if "=" in text.split()[0] else parse(text, "overlay.yaml"))
    return tree.value


def test_an_overlay_replaces_a_plug_in_of_one_of_several_sources() -> None:
    values = {"values": {"columns": {"id": "int"}, "rows": []}}
    found = merged("sources: {users: {values: {columns: {id: int}, rows: []}}}")["sources"]
    assert found["users"] == values
    assert list(found["orders"]) == ["kafka"]


def test_an_overlay_changes_keys_of_the_same_plug_in() -> None:
    assert merged("sources.users.kafka.topic=people")["sources"]["users"]["kafka"]["topic"] == "people"


def test_names_of_options_and_properties_contain_dots() -> None:
    assert merged("flink.options.state.backend.type=rocksdb")["flink"] == {"options": {"state.backend.type": "rocksdb"}}
    changed = merged("sources.users.kafka.properties.max.poll.records=5")["sources"]["users"]["kafka"]
    assert changed["properties"] == {"max.poll.records": 5}
    assert merged("flink.options={a.b: c}", "flink.options.a.b=d")["flink"] == {"options": {"a.b": "d"}}


def test_a_position_selects_an_item_of_a_list() -> None:
    assert merged("job.1.uppercase_filter.column=name")["job"][1] == {"uppercase_filter": {"column": "name"}}
    assert merged("sink: {0: {console: {}}}")["sink"] == [{"console": {}}]


def test_a_position_beyond_the_list_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no item 2 in job") as caught:
        merged("job.2.map.of=a")
    assert "0 to 1" in str(caught.value)


def test_null_removes_a_key_but_not_a_plug_in_without_fields() -> None:
    assert "group" not in merged("sources.users.kafka.group=null")["sources"]["users"]["kafka"]
    assert merged("sink=console: null", "sink.console=null")["sink"] == {"console": None}


def test_null_for_a_key_that_does_not_exist_is_an_error_at_the_option(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "name: x\nsource: {values: {columns: {a: string}, rows: []}}\njob: {uppercase_filter: {column: a}}\nsink: {console: {}}\n"
    )
    with pytest.raises(ConfigError, match=r"^--set job.uppercase_filter.kep=null: job.uppercase_filter.kep") as caught:
        load(tmp_path / "x.yaml", settings=["job.uppercase_filter.kep=null"])
    assert 'did you mean "keep"?' in str(caught.value)


def test_an_error_in_a_replaced_item_is_reported_in_its_layer(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "name: x\nsource: {values: {columns: {a: string}, rows: []}}\njob:\n  - uppercase_filter: {column: a}\nsink: {console: {}}\n"
    )
    (tmp_path / "o.yaml").write_text("job:\n  0: {uppercase_filter: {colum: a}}\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "x.yaml", overlays=[tmp_path / "o.yaml"])
    assert str(caught.value).startswith(f"{tmp_path}/o.yaml:2:26: job.0.uppercase_filter.colum")
