from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli import penstock

from penstock.scripts.commands.dlq import late_again

BAD = [b'{"n": 1, "text": ', b"\xff\xfe", None, b""]
GOOD = b'{"n": 7, "text": "good"}'


def job(folder: Path, kafka: str, name: str, **source: Any) -> Path:
    """A job from topic to topic, with undecodable records in a third topic. It ends with the input topic."""
    made = {
        "name": name,
        "source": {
            "kafka": {
                "bootstrap": kafka, "topic": name, "group": name, "start": "earliest", "until": "latest",
                "columns": {"n": "int", "text": "string"}, "on_error": "dead_letter", **source,
            }
        },
        "job": {"uppercase_filter": {"column": "text"}},
        "sink": {"console": {}},
        "dead_letters": {"kafka": {"bootstrap": kafka, "topic": f"{name}.dead"}},
        "flink": {"checkpoint": "1 s"},
    }  # fmt: skip
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(made))
    return file


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_dead_letters_are_shown_counted_and_replayed_once(
    tmp_path: Path, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = topic("dlq", [(0, b"key", value) for value in [GOOD, *BAD]])
    topic("dlq.dead")
    file = job(tmp_path, kafka, name)
    ran = penstock("run", file, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "rows in 5, out 1, filtered 0, dead letters 4 (decode 2, empty 1, tombstone 1)" in ran.stderr

    shown = lines(penstock("dlq", "show", file).stdout)
    assert [(one["reason"], one["offset"], one["text"]) for one in shown] == [
        ("decode", 1, '{"n": 1, "text": '), ("decode", 2, None), ("tombstone", 3, None), ("empty", 4, ""),
    ]  # fmt: skip
    assert [
        one["offset"] for one in lines(penstock("dlq", "show", file, "--reason", "decode", "--first", "2").stdout)
    ] == [2]
    assert penstock("dlq", "show", file, "--since", "1 h", "--until", "1 h").stdout == ""

    counts = json.loads(penstock("dlq", "stats", file, "--output", "json").stdout)
    assert {(one["reason"], one["letters"], one["replayed"]) for one in counts} == {
        ("decode", 2, 0), ("tombstone", 1, 0), ("empty", 1, 0),
    }  # fmt: skip

    dry = penstock("dlq", "replay", file, "--dry-run")
    assert dry.stdout == "would send: 4 to dlq; sent before: 0; without a record: 0\n"
    assert penstock("dlq", "replay", file, "--reason", "decode").stdout.startswith("sent: 2 to dlq")
    assert penstock("dlq", "replay", file).stdout.startswith("sent: 2 to dlq; sent before: 2")
    assert penstock("dlq", "replay", file).stdout.startswith("sent: none; sent before: 4")
    dry = penstock("dlq", "replay", file, "--reason", "late", "--dry-run", "--output", "json")
    assert json.loads(dry.stdout)["late"] == 0
    late = penstock("dlq", "replay", file, "--reason", "late")
    assert late.stdout.startswith("sent: none")
    assert late.stderr.splitlines()[-2].startswith(
        "late rows that are sent back unchanged are late again: use --through"
    )
    assert "nothing selected: the dead letters of dlq are source_records decode 2, " in late.stderr
    records = committed("dlq")
    assert [(record.key, record.value) for record in records] == [(b"key", value) for value in [GOOD, *BAD, *BAD]]
    assert records[-1].headers == [("penstock-replay", b"dlq.dead/0/3")]
    assert sum(one["replayed"] for one in json.loads(penstock("dlq", "stats", file, "--output", "json").stdout)) == 4


@pytest.mark.slow
def test_dead_letters_are_replayed_through_a_changed_job_file(
    tmp_path: Path, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = topic("dlq-through", [(0, None, b"3;three"), (0, None, b'{"n": 4, "text": "four"}'), (0, None, b"5;five")])
    topic("dlq-through.dead")
    file = job(tmp_path, kafka, name)
    assert penstock("run", file, cwd=tmp_path).returncode == 0
    changed = tmp_path / "changed.yaml"
    plain = yaml.safe_load(file.read_text())
    plain["source"]["kafka"] |= {"format": "raw", "columns": {"text": "string"}}
    changed.write_text(yaml.safe_dump(plain))
    done = penstock("dlq", "replay", file, "--through", changed, "--first", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert lines("\n".join(done.stdout.splitlines()[1:])) == [{"text": "5;FIVE"}], done.stderr

    # With a mistake in the job file nothing is sent.
    changed.write_text(yaml.safe_dump({**plain, "job": {}}))
    assert penstock("dlq", "replay", file, "--through", changed, cwd=tmp_path).returncode == 2
    assert penstock("dlq", "replay", file, "--dry-run").stdout.startswith("would send: 1 to")

    # A query that Flink rejects is reported at its line, with the command that processes what was sent.
    wrong = {"sql": {"query": "SELECT txt FROM records", "columns": {"txt": "string"}}}
    changed.write_text(yaml.safe_dump({**plain, "job": wrong}))
    rejected = penstock("dlq", "replay", file, "--through", changed, cwd=tmp_path)
    assert rejected.returncode == 2
    note, error = rejected.stderr.splitlines()[:2]
    assert error.startswith(f"{changed}:")
    assert "Column 'txt' not found in any table" in rejected.stderr
    changed.write_text(yaml.safe_dump(plain))
    program, *words = shlex.split(note.partition("; process them with: ")[2])
    assert program == "penstock"
    again = penstock(*words, cwd=tmp_path)
    assert lines(again.stdout) == [{"text": "3;THREE"}], again.stderr
    assert penstock("dlq", "replay", file, "--through", changed).stdout.startswith("sent: none; sent before: 2")
    assert len(committed(name)) == 3


@pytest.mark.slow
def test_the_dead_letters_of_other_jobs_in_the_same_topic_are_left_out(
    tmp_path: Path, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    first, second = (
        topic(name, [(0, None, b"%d;bad" % n) for n in range(n)]) for name, n in (("mine", 2), ("theirs", 3))
    )
    topic("shared.dead")
    dead = {"kafka": {"bootstrap": kafka, "topic": "shared.dead"}}
    files = []
    for name in (first, second):
        files.append(job(tmp_path, kafka, name))
        files[-1].write_text(yaml.safe_dump({**yaml.safe_load(files[-1].read_text()), "dead_letters": dead}))
        assert penstock("run", files[-1], cwd=tmp_path).returncode == 0
    shown = penstock("dlq", "show", files[0])
    assert {one["job"] for one in lines(shown.stdout)} == {"mine"}
    assert len(lines(shown.stdout)) == 2
    assert shown.stderr == "left out: 3 dead letters of other jobs (theirs 3)\n"
    counted = penstock("dlq", "stats", files[1], "--output", "json")
    assert [one["letters"] for one in json.loads(counted.stdout)] == [3]
    assert counted.stderr == "left out: 2 dead letters of other jobs (mine 2)\n"
    sent = penstock("dlq", "replay", files[0])
    assert sent.stdout == "sent: 2 to mine; sent before: 0; without a record: 0\n"
    assert sent.stderr == "left out: 3 dead letters of other jobs (theirs 3)\n"
    assert len(committed(second)) == 3
    assert [json.loads(mark.value)["job"] for mark in committed("shared.dead.replayed")] == ["mine", "mine"]
    assert penstock("dlq", "replay", files[1]).stdout.startswith("sent: 3 to theirs; sent before: 0")


@pytest.mark.slow
def test_the_dead_letters_of_other_jobs_in_the_same_folder_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("{broken\n")
    files = []
    for name in ("mine", "theirs"):
        source = {"path": "in.jsonl", "columns": {"n": "int", "text": "string"}, "on_error": "dead_letter"}
        made: dict[str, Any] = {"name": name, "source": {"files": source}, "job": {"uppercase_filter": {"column": "text"}},
                "sink": {"console": {}}, "dead_letters": {"files": {"path": "dead"}}}  # fmt: skip
        files.append(tmp_path / f"{name}.yaml")
        files[-1].write_text(yaml.safe_dump(made))
        assert penstock("run", files[-1], cwd=tmp_path).returncode == 0
    shown = penstock("dlq", "show", files[0])
    assert [one["job"] for one in lines(shown.stdout)] == ["mine"]
    assert shown.stderr == "left out: 1 dead letter of other jobs (theirs 1)\n"


def test_dead_letters_in_files_are_shown(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"n": 1, "text": "a"}\n{broken\n')
    file = tmp_path / "job.yaml"
    made = {
        "name": "in-files",
        "source": {"files": {"path": "in.jsonl", "columns": {"n": "int", "text": "string"}, "on_error": "dead_letter"}},
        "job": {"uppercase_filter": {"column": "text"}},
        "sink": {"console": {}},
        "dead_letters": {"files": {"path": "dead", "format": "csv"}},
    }
    file.write_text(yaml.safe_dump(made))
    assert penstock("run", file, cwd=tmp_path).returncode == 0
    [dead_letter] = lines(penstock("dlq", "show", file).stdout)
    assert (dead_letter["text"], dead_letter["reason"], Path(dead_letter["source"]).name) == (
        "{broken",
        "decode",
        "in.jsonl",
    )
    assert penstock("dlq", "show", file, "--raw").stdout == "{broken\n"
    rejected = penstock("dlq", "replay", file)
    assert (rejected.returncode, rejected.stderr.splitlines()[0]) == (
        1, "in-files: records cannot be sent back to a files source",
    )  # fmt: skip


def test_a_job_that_keeps_no_dead_letters_and_a_wrong_timestamp_are_errors(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    source = {"values": {"columns": {"text": "string"}, "rows": []}}
    made = {"name": "kept", "source": source, "job": {"uppercase_filter": {"column": "text"}}, "sink": {"console": {}}}
    file.write_text(yaml.safe_dump(made))
    assert "kept: its dead letters are not kept" in penstock("dlq", "stats", file).stderr
    wrong = penstock("dlq", "stats", file, "--since", "yesterday")
    assert (wrong.returncode, '"yesterday" is neither a timestamp nor a duration' in wrong.stderr) == (2, True)


def test_the_warning_has_the_number_where_it_is_known() -> None:
    text = "late rows that are sent back unchanged are late again: use --through with a job file that waits longer"
    assert (late_again(None), late_again(1200)) == (text, f"1,200 of them are late: {text}")
