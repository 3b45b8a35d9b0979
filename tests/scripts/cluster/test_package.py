"""Archives of jobs as zip files. With the connector jars and our own code: tests/scripts/commands/test_package.py."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from packages import JOB, package

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.home import flink_version
from penstock.scripts.cluster.package import Package, read
from penstock.scripts.cluster.records import Versions

CODE = {
    "mine.py": "def twice(a): return 2 * a\n",
    "penstock/jobs/map.py": "",
    "penstock/connectors/registry.py": "",
    "penstock/udfs/sql.py": "",
}


def rewritten(file: Path, changes: dict[str, bytes | None]) -> Path:
    """The archive with entries that are changed, or left out where the content is None."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)
    return file


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    package(code=CODE).write(tmp_path / "small.zip")
    return tmp_path / "small.zip"


def test_a_package_is_read_as_it_was_written(archive: Path) -> None:
    found = read(archive)
    assert found == package(code=CODE)
    assert found.name == "small"
    assert found.config() == JOB
    assert found.versions == Versions(found.manifest["penstock"], flink_version(), "3.12", {})


def test_equal_packages_have_equal_bytes_in_any_order_of_their_entries() -> None:
    one = package(code=CODE)
    other = Package(one.manifest, dict(reversed(list(one.entries.items()))), {})
    assert one.archive() == other.archive()


def test_the_hashes_change_with_what_they_stand_for_and_with_nothing_else() -> None:
    one, other_code, other_job = (
        package(code=CODE),
        package(code={**CODE, "mine.py": ""}),
        package({**JOB, "name": "b"}, CODE),
    )
    assert (one.config_hash == other_code.config_hash, one.code_hash == other_code.code_hash) == (True, False)
    assert (one.config_hash == other_job.config_hash, one.code_hash == other_job.code_hash) == (False, True)


def test_python_workers_receive_functions_and_the_users_modules_only() -> None:
    def names(everything: bool) -> set[str]:
        with zipfile.ZipFile(io.BytesIO(package(code=CODE).code_archive(everything))) as archive:
            return set(archive.namelist())

    assert names(everything=True) == set(CODE)
    assert names(everything=False) == {"mine.py", "penstock/udfs/sql.py"}


def test_jars_are_left_out_of_the_copy_for_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "c.jar").write_bytes(b"jar")
    one = package()
    one = Package(one.manifest, one.entries, {"jars/c.jar": tmp_path / "c.jar"})
    for with_jars, names in (
        (True, ["jars/c.jar", "job.json", "manifest.json"]),
        (False, ["job.json", "manifest.json"]),
    ):
        with zipfile.ZipFile(io.BytesIO(one.archive(with_jars))) as archive:
            assert archive.namelist() == names


def test_unpacked_files_are_the_entries(tmp_path: Path) -> None:
    package(code=CODE).unpack(tmp_path)
    assert (tmp_path / "code/mine.py").read_text() == CODE["mine.py"]
    assert json.loads((tmp_path / "manifest.json").read_text())["name"] == "small"


def test_the_module_that_submits_depends_on_the_age_of_the_package() -> None:
    assert package(code={"jobs/run.py": ""}).entry == "jobs.run"
    assert package(code={"penstock/jobs/programs/submit.py": ""}).entry == "penstock.jobs.programs.submit"


def test_a_changed_entry_is_rejected(archive: Path) -> None:
    rewritten(archive, {"code/mine.py": b"import os\n"})
    with pytest.raises(RunError) as caught:
        read(archive)
    assert str(caught.value) == (
        f"{archive}: code/mine.py does not match the manifest\n  do       do not use it; pack the job again"
    )


def test_an_entry_that_the_manifest_does_not_name_is_not_read(archive: Path) -> None:
    rewritten(archive, {"code/more.py": b"import os\n"})
    assert "code/more.py" not in read(archive).entries


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"manifest.json": None}, "KeyError"),
        ({"job.json": None}, "KeyError"),
        ({"manifest.json": b"{"}, "JSONDecodeError"),
        ({"manifest.json": b"{}"}, "KeyError"),
    ],
)
def test_an_archive_without_its_parts_is_not_a_package(archive: Path, changes: dict[str, bytes], kind: str) -> None:
    rewritten(archive, dict(changes))
    with pytest.raises(RunError) as caught:
        read(archive)
    assert str(caught.value) == f"{archive} is not a package of a job ({kind})\n  do       pack the job again"


def test_a_file_that_is_no_archive_and_one_that_does_not_exist_are_not_packages(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    with pytest.raises(RunError, match=r"text is not a package of a job \(BadZipFile\)"):
        read(tmp_path / "text")
    with pytest.raises(RunError, match=r"gone is not a package of a job \(FileNotFoundError\)"):
        read(tmp_path / "gone")


def test_a_package_with_jars_that_are_not_installed_names_both_versions(tmp_path: Path) -> None:
    one = package(jars={"jars/old.jar": "0" * 64}, flink="1.20.0", penstock="0.0.1")
    one.write(tmp_path / "old.zip")
    with pytest.raises(RunError) as caught:
        read(tmp_path / "old.zip")
    ours = package().versions
    assert str(caught.value) == (
        f"{tmp_path}/old.zip was packed with other jars: jars/old.jar\n"
        f"  found    Flink {ours.flink}, Penstock {ours.penstock}\n"
        "  allowed  Flink 1.20.0, Penstock 0.0.1\n"
        "  do       install those versions, or submit the job file again"
    )


def test_a_package_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        package().write(tmp_path / "file" / "small.zip")
    assert str(caught.value) == (
        f"{tmp_path}/file/small.zip cannot be written: File exists\n  do       choose another place"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
