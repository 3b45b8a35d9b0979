"""Jobs that send rows to a real HTTP server: each kind of body, what the server rejects, and a server that does not answer."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import self_signed
from cli import penstock
from databases import NO_CHECKPOINTS, dead_letters, values
from receiver import Answer, Receiver, Request, receiving

from penstock.scripts.stack.processes import free_port

_ALL = {"rows": 1000, "interval": "5 min"}  # a batch is also written after a second, and before each checkpoint
UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}
COLUMNS = {"id": "int", "name": "string", "at": "timestamp_ltz(3)"}
ROWS: list[list[Any]] = [[n, f"n{n}", "2026-01-01T00:00:00Z"] for n in range(250)]


def _job(folder: Path, url: str, rows: list[list[Any]] = ROWS, **keys: Any) -> Path:
    whole = {
        "name": "to-http", "source": values(COLUMNS, *rows), "job": UPPER, "sink": {"http": {"url": url, **keys}},
        "dead_letters": {"files": {"path": "dead"}}, "flink": NO_CHECKPOINTS,
    }  # fmt: skip
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False))
    return file


def _expected(n: int) -> dict[str, Any]:
    return {"id": n, "name": f"N{n}", "at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(("body", "type_"), [("lines", "application/x-ndjson"), ("array", "application/json")])
def test_a_request_holds_a_batch_of_rows(body: str, type_: str, tmp_path: Path) -> None:
    with receiving() as server:
        done = penstock(
            "run",
            _job(
                tmp_path,
                f"{server.url}?source=a%20b",
                body=body,
                batch={**_ALL, "rows": 100},
                method="PUT",
            ),
        )
    assert done.returncode == 0, done.stderr
    assert "out 250," in done.stderr
    assert {(one.method, one.path) for one in server.requests} == {("PUT", "/rows?source=a%20b")}
    assert {one.headers["content-type"] for one in server.requests} == {type_}
    whole = [
        json.loads(one.body) if body == "array" else list(map(json.loads, one.body.splitlines()))
        for one in server.requests
    ]
    assert [row for rows in whole for row in rows] == [_expected(n) for n in range(250)]
    assert max(map(len, whole)) == 100


@pytest.mark.slow
def test_each_row_has_a_request_with_a_key_and_several_run_at_the_same_time(tmp_path: Path) -> None:
    def slow(request: Request) -> Answer:
        time.sleep(0.02)
        return Answer()

    with receiving(slow) as server:
        file = _job(tmp_path, server.url, key="id", concurrency=4, token="${env:TOKEN}", headers={"X-Team": "data"})
        done = penstock("run", file, TOKEN="battery-staple")
        again = penstock("run", file, TOKEN="battery-staple")
    assert done.returncode == again.returncode == 0, done.stderr
    assert 2 <= server.most <= 4
    sent = [json.loads(one.body)["id"] for one in server.requests]
    assert sorted(sent) == sorted([*range(250), *range(250)])
    keys = {(json.loads(one.body)["id"], one.headers["idempotency-key"]) for one in server.requests}
    assert len(keys) == len({key for _, key in keys}) == 250
    assert {one.headers["authorization"] for one in server.requests} == {"Bearer battery-staple"}
    assert {one.headers["x-team"] for one in server.requests} == {"data"}
    assert "battery" not in penstock("show", file, TOKEN="battery-staple").stdout


def test_rows_that_the_server_rejects_are_dead_letters_and_no_other_row_is_sent_twice(tmp_path: Path) -> None:
    def picky(request: Request) -> Answer:
        row = json.loads(request.body)
        if row["id"] in (13, 200):
            return Answer(422, f'{{"error": "id {row["id"]} is\n unlucky"}}')
        return Answer(200, "thanks")

    with receiving(picky) as server:
        done = penstock("run", _job(tmp_path, server.url, on_error="dead_letter"))
    assert done.returncode == 0, done.stderr
    assert "out 248," in done.stderr and "dead letters 2 (rejected 2)" in done.stderr
    errors = {json.loads(one["row"])["id"]: one["error"] for one in dead_letters(tmp_path)}
    assert errors == {n: f'HTTP 422: {{"error": "id {n} is unlucky"}}' for n in (13, 200)}
    assert len(server.requests) == 250


def test_the_rejected_rows_of_a_batch_are_found(tmp_path: Path) -> None:
    def picky(request: Request) -> Answer:
        return Answer(400, "no") if b'"id":13,' in request.body else Answer()

    with receiving(picky) as server:
        done = penstock("run", _job(tmp_path, server.url, body="lines", on_error="dead_letter"))
    assert done.returncode == 0, done.stderr
    assert [json.loads(one["row"])["id"] for one in dead_letters(tmp_path)] == [13]
    accepted = [json.loads(line)["id"] for one in server.accepted for line in one.body.splitlines()]
    assert sorted(accepted) == [n for n in range(250) if n != 13]


@pytest.mark.slow
def test_what_is_wrong_for_every_row_fails_the_job_although_rows_may_be_dead_letters(tmp_path: Path) -> None:
    for answer, text in (
        (Answer(401, "who are you?"), "HTTP 401: who are you?"),
        (Answer(308, "", {"Location": "https://else.example.com/"}), "HTTP 308 to https://else.example.com/"),
    ):
        with receiving(lambda request, answer=answer: answer) as server:  # type: ignore[misc]
            done = penstock(
                "run", _job(tmp_path, server.url, on_error="dead_letter", user="ada", password="${env:PW}"), PW="é:1"
            )
        assert done.returncode == 1
        assert text in done.stderr
        expected = base64.b64encode("ada:é:1".encode()).decode()
        assert server.requests[0].headers["authorization"] == f"Basic {expected}"
        assert not (tmp_path / "dead").exists() or not dead_letters(tmp_path)


def test_a_server_that_is_busy_gets_each_row_later(tmp_path: Path) -> None:
    """It accepts one row of ten at the first request, and a row that it accepted is not sent again."""
    seen: set[bytes] = set()

    def busy(request: Request) -> Answer:
        row = json.loads(request.body)["id"]
        if request.body not in seen and row % 10:
            seen.add(request.body)
            return Answer(429 if row % 2 else 503, "later", {"Retry-After": "0"})
        return Answer()

    rows = ROWS[:40]
    with receiving(busy) as server:
        done = penstock("run", _job(tmp_path, server.url, rows, concurrency=16))
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(one.body)["id"] for one in server.accepted) == list(range(40))


def test_a_limit_of_requests_is_no_failure_as_long_as_some_rows_are_accepted(tmp_path: Path) -> None:
    accepted: list[float] = []

    def limited(request: Request) -> Answer:
        if accepted and time.monotonic() - accepted[-1] < 0.4:
            return Answer(429, "slowly")
        accepted.append(time.monotonic())
        return Answer()

    with receiving(limited) as server:
        done = penstock("run", _job(tmp_path, server.url, ROWS[:12], retry_for="2 s"))
    assert done.returncode == 0, done.stderr
    assert len(server.accepted) == 12
    assert accepted[-1] - accepted[0] > 4


def test_an_answer_that_never_ends_is_sent_again_after_the_timeout(tmp_path: Path) -> None:
    answers = iter([Answer(500, "partly", stalls=True)])
    with receiving(lambda request: next(answers, Answer())) as server:
        done = penstock("run", _job(tmp_path, server.url, ROWS[:1], timeout="500 ms"))
    assert done.returncode == 0, done.stderr
    assert (len(server.requests), len(server.accepted)) == (2, 1)


def test_a_conflict_of_a_key_is_a_row_that_is_still_being_handled_and_null_is_no_key(tmp_path: Path) -> None:
    answers = iter([Answer(409, "in progress")])
    rows: list[list[Any]] = [[1, "a", None], [None, "b", None]]
    with receiving(lambda request: next(answers, Answer())) as server:
        done = penstock("run", _job(tmp_path, server.url, rows, key="id", on_error="dead_letter"))
    assert done.returncode == 0, done.stderr
    [first, second] = [one.headers["idempotency-key"] for one in server.requests]
    assert first == second
    assert [one["error"] for one in dead_letters(tmp_path)] == ["a column of the key is NULL"]


def test_a_secret_that_is_no_header_fails_the_job_and_is_not_shown(tmp_path: Path) -> None:
    with receiving() as server:
        done = penstock("run", _job(tmp_path, server.url, token="${env:TOKEN}"), TOKEN="battery ł staple")
    assert done.returncode == 1
    assert "the value of the header Authorization has a character that HTTP does not allow" in done.stderr
    log = Path(done.stderr.split("log  ")[1].splitlines()[0])
    assert "staple" not in done.stderr + "".join(file.read_text() for file in log.rglob("*") if file.is_file())
    assert not server.requests


def test_a_server_that_stays_down_fails_the_job_after_retry_for(tmp_path: Path) -> None:
    with receiving(lambda request: Answer(503, "closed", {"Retry-After": "60"})) as server:
        begun = time.monotonic()
        done = penstock("run", _job(tmp_path, server.url, ROWS[:1], retry_for="2 s"))
    assert done.returncode == 1
    assert "HTTP 503: closed" in done.stderr
    assert time.monotonic() - begun < 45
    assert (
        len(server.requests) == 2
    )  # the wait that the server asked for is longer than retry_for, at whose end it is tried once more


def test_a_server_that_cannot_be_reached_is_an_error_before_the_start(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/rows"
    done = penstock("run", _job(tmp_path, url))
    assert done.returncode == 1
    assert f"sink http: server {url.removesuffix('/rows')}: cannot be reached: Connection refused" in done.stderr
    assert "rows in" not in done.stderr


def test_with_tls_the_certificate_of_the_server_is_verified(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "IP:127.0.0.1")
    server = Receiver()
    server.secure(certificate, key)
    server.start()
    try:
        url = server.url.replace("http:", "https:")
        trusted = penstock("run", _job(tmp_path, url, body="lines", batch=_ALL, tls={"ca": str(certificate)}))
        untrusted = penstock("run", _job(tmp_path, url, body="lines", retry_for="100 ms"))
    finally:
        server.stop()
    assert trusted.returncode == 0, trusted.stderr
    assert untrusted.returncode == 1
    assert "PKIX path building failed" in untrusted.stderr
    assert len(server.requests) == 1
