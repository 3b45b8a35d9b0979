from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from answers import answering

from penstock.scripts.flink import rest
from penstock.scripts.flink.rest import Rejected, Rest, Unreachable, last_cause

TRACE = """org.apache.flink.runtime.rest.handler.RestHandlerException: Could not trigger a savepoint.
\tat org.apache.flink.X.y(X.java:1)
Caused by: java.util.concurrent.CompletionException: org.apache.flink.Z
\tat org.apache.flink.Z.y(Z.java:1)
Caused by: java.lang.IllegalStateException: Checkpointing has not been enabled.
"""
NOTHING = "http://127.0.0.1:9"


def test_the_parts_of_a_path_are_joined_and_the_query_is_appended() -> None:
    with answering({"GET /jobs/a/metrics": [1, {"b": None}]}) as server:
        assert Rest(server.address + "/").get("/jobs", "a", "metrics", get="numRestarts") == [1, {"b": None}]
        assert server.asked == [("GET", "/jobs/a/metrics?get=numRestarts", None)]


def test_a_part_of_a_path_cannot_become_a_query() -> None:
    with answering({}) as server:
        with pytest.raises(Rejected):
            Rest(server.address).get("/jobs", "a?b=c d#e")
        assert server.asked == [("GET", "/jobs/a%3Fb%3Dc%20d%23e", None)]


def test_post_sends_json_and_patch_sends_a_query() -> None:
    with answering({"POST /jobs/a/stop": {"request-id": "t"}, "PATCH /jobs/a": {}}) as server:
        client = Rest(server.address)
        assert client.post("/jobs", "a", "stop", body={"drain": False}) == {"request-id": "t"}
        assert client.post("/jobs", "a", "stop") == {"request-id": "t"}
        assert client.patch("/jobs", "a", mode="cancel") == {}
        assert server.asked == [
            ("POST", "/jobs/a/stop", {"drain": False}),
            ("POST", "/jobs/a/stop", {}),
            ("PATCH", "/jobs/a?mode=cancel", None),
        ]


def test_a_log_is_returned_as_text() -> None:
    with answering({"GET /jobmanager/log": "one\ntwo\n"}) as server:
        assert Rest(server.address).text("/jobmanager/log") == "one\ntwo\n"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"errors": ["Internal server error.", TRACE]}, "Checkpointing has not been enabled."),
        ({"errors": ["Job not found"]}, "Job not found"),
        ({"errors": []}, "HTTP 409"),
        ({"other": 1}, "HTTP 409"),
        ("<html>", "HTTP 409"),
    ],
)
def test_a_rejection_has_its_status_and_its_root_cause(body: Any, reason: str) -> None:
    with answering({"GET /jobs": (409, body)}) as server, pytest.raises(Rejected) as caught:
        Rest(server.address).get("/jobs")
    assert caught.value.status == 409
    assert str(caught.value) == f"Flink at {server.address} rejected: {reason}"


def test_an_answer_that_is_no_json_comes_from_something_else_than_flink() -> None:
    with answering({"GET /config": "<html>welcome</html>"}) as server, pytest.raises(Rejected) as caught:
        Rest(server.address).get("/config")
    assert str(caught.value) == (
        f"what answers at {server.address} is not a Flink REST interface\n  do       correct the target's address"
    )


def test_where_nothing_answers_the_error_says_how_to_start_a_cluster() -> None:
    with pytest.raises(Unreachable) as caught:
        Rest(NOTHING, start="docker compose up").get("/config")
    assert str(caught.value) == (
        "no Flink answers at http://127.0.0.1:9 (ConnectionError)\n"
        "  do       start one (docker compose up), or correct the target's address"
    )


def test_a_cluster_that_is_too_slow_is_unreachable_and_not_rejecting() -> None:
    with answering({"POST /jobs": lambda: time.sleep(0.6)}) as server, pytest.raises(Unreachable) as caught:
        Rest(server.address, timeout=0.2).post("/jobs")
    assert str(caught.value) == (
        f"Flink at {server.address} did not answer within 0.2 s\n  do       look at the JobManager's log"
    )


def failing_once(calls: list[int]) -> Callable[[], Any]:
    def answer() -> Any:
        calls.append(1)
        if len(calls) == 2:
            time.sleep(0.5)  # longer than the client waits
        return {"n": len(calls)}

    return answer


def test_a_read_is_repeated_once_the_cluster_has_answered_and_a_change_is_not() -> None:
    reads: list[int] = []
    changes: list[int] = []
    with answering({"GET /jobs": failing_once(reads), "POST /jobs": failing_once(changes)}) as server:
        client = Rest(server.address, timeout=0.2)
        assert [client.get("/jobs")["n"], client.get("/jobs")["n"]] == [1, 3]
        assert client.post("/jobs") == {"n": 1}
        with pytest.raises(Unreachable):
            client.post("/jobs")
    assert (len(reads), len(changes)) == (3, 2)


def test_a_read_is_repeated_only_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_TAKE_OVER", 0.1)
    with answering({"GET /jobs": {}}) as server:
        client = Rest(server.address)
        client.get("/jobs")
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        client.get("/jobs")
    assert time.monotonic() - begun < 5


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOTHING)
    monkeypatch.setenv("http_proxy", NOTHING)
    with answering({"GET /config": {"a": 1}}) as server:
        assert Rest(server.address).get("/config") == {"a": 1}


@pytest.mark.parametrize(
    ("trace", "line"),
    [
        (TRACE, "java.lang.IllegalStateException: Checkpointing has not been enabled."),
        ("java.io.IOException: disk full\n\tat x.Y\n", "java.io.IOException: disk full"),
        ("", ""),
        ("\tat x.Y\n", ""),
        ("a" * 600, "a" * 500),
    ],
)
def test_the_last_cause_of_a_trace_is_one_line(trace: str, line: str) -> None:
    assert last_cause(trace) == line
