from __future__ import annotations

import json
from pathlib import Path

from cli import ROOT, penstock


def test_a_first_session_with_a_real_broker(tmp_path: Path) -> None:
    up = penstock("stack", "up", "--port", "19092", cwd=tmp_path)
    try:
        assert up.returncode == 0, up.stderr
        address = up.stdout.split()[-1]
        status = json.loads(penstock("stack", "status", "--output", "json", cwd=tmp_path).stdout)
        assert status["kafka"] == {
            "address": address,
            "ready": True,
            "log": str(tmp_path / ".penstock/stack/kafka.log"),
        }
        assert penstock("stack", "up", cwd=tmp_path).stdout == f"kafka is up at {address}\n"
        for name in ("names", "names-upper"):
            assert penstock("topics", "create", name, cwd=tmp_path).returncode == 0
        assert penstock("topics", "list", cwd=tmp_path).stdout == "names\nnames-upper\n"
        wrote = penstock("topics", "produce", "names", ROOT / "conf/data/names.jsonl", "--key", "id", cwd=tmp_path)
        assert wrote.stderr == "wrote 8 records to names\n"
        job = ROOT / "conf/jobs/uppercase_filter_kafka.yaml"
        ran = penstock("run", job, "--timeout", "6", cwd=tmp_path, KAFKA=address)
        assert "rows in 8, out 3" in ran.stderr
        tail = penstock("topics", "tail", "names-upper", cwd=tmp_path)
        assert [json.loads(line)["name"] for line in tail.stdout.splitlines()] == ["ADA", "ALAN", "ADELE"]
        full = json.loads(penstock("topics", "tail", "names", "--full", "--limit", "1", cwd=tmp_path).stdout)
        assert (full["partition"], full["offset"], full["key"]) == (0, 0, "1")
        missing = penstock("run", job, "--set", "source.kafka.topic=nmes", cwd=tmp_path, KAFKA=address)
        assert missing.stderr.splitlines()[0] == f'source kafka: the topic "nmes" does not exist on {address}'
        assert missing.stderr.splitlines()[-1] == '  do       did you mean "names"?'
        assert penstock("stack", "down", cwd=tmp_path).stdout == "kafka stopped\n"
        again = penstock("stack", "up", "--port", "19092", cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert penstock("topics", "list", cwd=tmp_path).stdout == "names\nnames-upper\n"
    finally:
        down = penstock("stack", "down", "--remove", cwd=tmp_path)
    assert down.returncode == 0
    assert not (tmp_path / ".penstock" / "stack").exists()
    assert penstock("stack", "status", cwd=tmp_path).returncode == 1


def test_a_folder_that_is_no_stack_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    done = penstock("stack", "down", "--remove", "--folder", tmp_path / "precious")
    assert done.returncode == 1
    assert (tmp_path / "precious").is_dir()
