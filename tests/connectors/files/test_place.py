"""The files that a path stands for: globs, and whether a source reads what a sink writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.connectors.files.place import FilesPlace, glob_to_regex
from penstock.connectors.kafka.topics import TopicPlace


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [("/a/*.x", "/a/b.x", True), ("/a/*.x", "/a/b/c.x", False), ("/a/**/*.x", "/a/b/c.x", True), ("/a/**/*.x", "/a/c.x", True),
     ("/a/?.x", "/a/bb.x", False), ("/a/[bc].x", "/a/c.x", True), ("/a/[!bc].x", "/a/c.x", False), ("/a+b/*.x", "/a+b/c.x", True),
     ("/a/*.x", "/z/a/b.x", False), ("/a/*.x", "/a/bxx", False), ("/a[/*", "/a[/b", True), ("/a/**", "/a/b/c", True)],
)  # fmt: skip
def test_a_glob_translates_to_a_regular_expression(pattern: str, path: str, matches: bool) -> None:
    assert bool(re.fullmatch(glob_to_regex(pattern), path)) is matches


@pytest.mark.parametrize(
    ("read", "written", "reads"),
    [
        ("/in", "/in", True),
        ("/in/", "/in", True),
        ("/in", "/in/deep", True),
        ("/", "/in", True),
        ("/in/a.jsonl", "/in", False),
        ("/in", "/inner", False),
        ("/in/*", "/in", True),
        ("/in/*", "/in/deep", False),
        ("/in/*", "/other/in", False),
        ("/in/**/*", "/in/deep", True),
        ("/in/*.jsonl", "/in", False),
        ("/i[nm]/part-*", "/im", True),
        ("s3://bucket/in", "s3://bucket/in/deep", True),
        ("s3://bucket/in", "s3://other/in", False),
    ],
)
def test_a_source_reads_the_files_that_a_sink_writes_below_its_path(read: str, written: str, reads: bool) -> None:
    assert FilesPlace(read).reads(FilesPlace(written)) is reads


def test_a_symbolic_link_is_the_folder_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    real, link = FilesPlace(str(tmp_path / "in")), FilesPlace(str(tmp_path / "link"))
    assert real.same(link)
    assert real.reads(link)
    assert FilesPlace(f"{link.path}/*").reads(real)
    assert not real.same(FilesPlace(str(tmp_path)))


@pytest.mark.parametrize("compared", [FilesPlace.reads, FilesPlace.same])
def test_files_are_not_topics(compared: Callable[[FilesPlace, TopicPlace], bool]) -> None:
    assert not compared(FilesPlace("/in"), TopicPlace("b:1", ("in",), None))


def test_a_message_names_the_folder() -> None:
    assert str(FilesPlace("/in/a")) == "the folder /in/a"
