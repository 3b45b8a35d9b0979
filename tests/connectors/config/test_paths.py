"""Paths of a job file: which are well formed, which only Flink can access, and what they are relative to."""

from __future__ import annotations

from pathlib import Path

import pytest
from rejection import accepted, rejection

from penstock.connectors.config.paths import FilePath, file_system, remote, resolved


@pytest.mark.parametrize("path", ["a", "~/a b", "/a/../b", "in/*.csv", "s3://bucket/in", "file:///a", "a:b", "C:/a"])
def test_a_path_that_flink_can_access_is_kept_as_it_is(path: str) -> None:
    assert accepted(FilePath, path) == path


@pytest.mark.parametrize(
    ("path", "shown"), [("a\nb", r"'\n'"), ("\x00", r"'\x00'"), ("a\x7f", r"'\x7f'"), ("a\tb", r"'\t'")]
)
def test_a_control_character_in_a_path_is_an_error(path: str, shown: str) -> None:
    assert rejection(FilePath, path) == (
        f"a path with the control character {shown}",
        "a path without control characters",
        "remove the character",
    )


def test_a_variable_of_the_shell_in_a_path_is_an_error() -> None:
    assert rejection(FilePath, "$HOME/in") == (
        '"$HOME/in", with a variable of the shell',
        "a path; a variable is written ${NAME}",
        "write ${HOME}",
    )


def test_a_file_system_that_flink_does_not_have_is_an_error() -> None:
    assert rejection(FilePath, "ftp://host/in") == (
        '"ftp://host/in": Flink has no file system for ftp://',
        "a path, or one that begins with file://, s3://, s3a://, s3p://, hdfs://, viewfs://, gs://, oss://, abfs://, abfss://, "
        "wasb://, wasbs://",
        "use a file system that Flink supports",
    )


@pytest.mark.parametrize(
    ("path", "is_remote", "scheme"),
    [
        ("in", False, None),
        ("/a/s3://b", False, None),
        ("file:///in", True, None),
        ("s3://bucket", True, "s3"),
        ("hdfs://name:1/in", True, "hdfs"),
        ("S3://bucket", False, None),
        ("://in", False, None),
    ],
)
def test_only_a_path_with_a_scheme_is_remote(path: str, is_remote: bool, scheme: str | None) -> None:
    assert (remote(path), file_system(path)) == (is_remote, scheme)


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("in", "/job/in"),
        ("./in/", "/job/in"),
        ("../in", "/in"),
        ("/abs", "/abs"),
        ("~/in", "/home/me/in"),
        ("~nobody_of_this_name/in", "/job/~nobody_of_this_name/in"),
        ("s3://bucket/../in", "s3://bucket/../in"),
    ],
)
def test_a_path_is_relative_to_the_folder_of_the_job_file(
    path: str, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert resolved(path, Path("/job")) == result
