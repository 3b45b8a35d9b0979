"""Sources that decode records: what makes a record undecodable, how times are read, and the options of the guarded format."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from penstock.connectors.base.decoding import DecodingSource
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import Type, parse


class Records(DecodingSource):
    """A source of records in one format, which knows the topic of each record."""

    origin_metadata: ClassVar[dict[str, str]] = {"penstock_source": "topic"}

    format: str = "json"
    """Format of the records."""

    @property
    def bounded(self) -> bool:
        return False

    def descriptor(self, schema: Any, origin: bool = False) -> Any:
        raise NotImplementedError

    def decoded(self) -> dict[str, tuple[Type, str]]:
        return {name: (kind, self.format) for name, kind in self.columns.items()}


COLUMNS = {"id": "int not null", "name": "string", "at": "timestamp_ltz(3)"}


def _source(**keys: Any) -> Records:
    return Records.model_validate({"columns": COLUMNS, **keys})


def _texts(types: dict[str, Type]) -> dict[str, str]:
    return {name: str(kind) for name, kind in types.items()}


def test_only_with_a_dead_letter_queue_may_records_be_rejected() -> None:
    assert _source().rejects == ()
    assert _source(on_error="dead_letter").rejects == ("decode", "null_value", "tombstone", "empty", "key")


def test_every_column_may_be_null_in_flink_until_undecodable_records_are_routed() -> None:
    nullable = {"id": "int", "name": "string", "at": "timestamp_ltz(3)"}
    failure = {"penstock_reason": "string", "penstock_error": "string"}
    assert _texts(_source().physical(False)) == nullable
    assert _texts(_source().physical(True)) == {**nullable, "penstock_raw": "bytes"}
    assert _texts(_source(on_error="dead_letter").physical(False)) == {**nullable, **failure}
    assert _texts(_source(on_error="dead_letter").physical(True)) == {**nullable, "penstock_raw": "bytes", **failure}


def test_the_metadata_of_the_origin_is_read_only_if_a_later_step_needs_it() -> None:
    assert _source().metadata() == {}
    assert _source().metadata(origin=True) == {"penstock_source": (parse("string"), "topic")}


def test_a_null_in_the_event_time_or_in_a_not_null_column_makes_a_record_undecodable() -> None:
    assert _source().required() == ["id"]
    assert _source(event_time={"column": "at"}).required() == ["id", "at"]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (
            {"times": {"att": "UTC"}},
            Problem(
                ("times", "att"),
                '"att", which is not a column here',
                "id, name, at",
                'did you mean "at"?',
                at_key=True,
            ),
        ),
        (
            {"times": {"xyz": "UTC"}},
            Problem(
                ("times", "xyz"),
                '"xyz", which is not a column here',
                "id, name, at",
                "name a column of the record",
                at_key=True,
            ),
        ),
        (
            {"times": {"at": "UTC"}, "format": "avro"},
            Problem(
                ("times", "at"),
                '"at", a column of the format avro',
                "columns of the formats json and csv",
                "remove it: avro has its own encoding of times",
                at_key=True,
            ),
        ),
    ],
)
def test_times_name_columns_of_json_and_csv_records(keys: dict[str, Any], problem: Problem) -> None:
    _source(times={"at": "epoch_ms"}).check()
    with pytest.raises(Problem) as caught:
        _source(**keys).check()
    assert caught.value == problem


def test_the_guarded_format_receives_the_options_of_the_format_that_it_wraps() -> None:
    source = _source(times={"at": "Europe/Berlin"}, on_error="dead_letter")
    assert source.guarded("csv", ["id", "at"]) == {
        "guarded.format": "csv",
        "guarded.with": "null-literal=\n",
        "guarded.required": "id,at",
        "guarded.not-null": "",
        "guarded.times": "at=Europe/Berlin",
        "guarded.fail": "false",
    }


def test_avro_is_told_which_columns_are_not_null() -> None:
    assert _source().guarded("avro", identifier="key.guarded") == {
        "key.guarded.format": "avro",
        "key.guarded.with": "timestamp_mapping.legacy=false\n",
        "key.guarded.required": "",
        "key.guarded.not-null": "id",
        "key.guarded.times": "",
        "key.guarded.fail": "true",
    }
