from __future__ import annotations

from pathlib import Path

from cli import penstock

JOB = """\
name: x
description: ${GREETING:hello}
source: {values: {columns: {a: int}, rows: []}}
job: {map: {function: double, of: a, to: b}}
sink:
  kafka:
    bootstrap: "${KAFKA:localhost:9092}"
    topic: t
    security: {tls: true, mechanism: PLAIN, user: me, password: "${env:SECRET}"}
"""


def test_layers_count_in_the_stated_order(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(JOB)
    (tmp_path / "over.yaml").write_text("sink: {kafka: {topic: from-overlay}}\nflink: {parallelism: 2}\n")
    done = penstock(
        "show",
        "x.yaml",
        "--overlay",
        "over.yaml",
        "--set",
        "flink.parallelism=3",
        cwd=tmp_path,
        GREETING="hi",
        KAFKA="k:1",
    )
    assert done.returncode == 0, done.stderr
    assert "description: hi\n" in done.stdout
    assert "bootstrap: k:1\n    topic: from-overlay\n" in done.stdout
    assert "parallelism: 3\n" in done.stdout


def test_references_stay_and_secrets_do_not_show(tmp_path: Path) -> None:
    from penstock.scripts.config.scrub import scrub

    (tmp_path / "x.yaml").write_text(JOB)
    done = penstock("show", "x.yaml", cwd=tmp_path, SECRET="hunter2", KAFKA="k:1")
    assert "password: ${env:SECRET}" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr
    assert scrub({"password": "hunter2", "url": "http://me:hunter2@host/x"}, ()) == {
        "password": "(hidden)",
        "url": "http://me:(hidden)@host/x",
    }


def test_another_plug_in_replaces_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(JOB)
    done = penstock("show", "x.yaml", "--set", "sink.console={}", cwd=tmp_path)
    assert done.stdout.endswith("sink:\n  console: {}\n"), done.stderr
