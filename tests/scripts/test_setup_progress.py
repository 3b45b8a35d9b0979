from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

import pytest

from penstock.scripts.setup_progress import Line, Pip, locked

OLD_PIP = """\
Looking in indexes: https://index.example/simple
Ignoring colorama: markers 'sys_platform == "win32"' don't match your environment
Collecting first==1.0 (from -r requirements.lock (line 1))
  Downloading first-1.0-py3-none-any.whl (16.9 MB)
Collecting second==2.0 (from -r requirements.lock (line 4))
  Downloading second-2.0.tar.gz (151 kB)
  Installing build dependencies: started
  Installing build dependencies: finished with status 'done'
  Preparing metadata (pyproject.toml): started
Collecting third==3.0 (from -r requirements.lock (line 9))
  Using cached third-3.0-py3-none-any.whl (3.0 MB)
"""
NEW_PIP = """\
Collecting first==1.0 (from -r requirements.lock (line 1))
  Downloading first-1.0-py3-none-any.whl.metadata (2.1 kB)
Collecting third==3.0 (from -r requirements.lock (line 9))
  Using cached third-3.0-py3-none-any.whl.metadata (1.1 kB)
Downloading first-1.0-py3-none-any.whl (16.9 MB)
Using cached third-3.0-py3-none-any.whl (3.0 MB)
"""
RETRY = (
    "WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3"
    ".connection.HTTPConnection object at 0x7f85154fa190>: Failed to establish a new connection: [Errno 111] "
    "Connection refused')': /simple/first/"
)


def pip(tmp_path: Path, text: str, packages: int = 4, expected: int = 20_000_000) -> Pip:
    seen = Pip(packages, expected, tmp_path / "site", tmp_path / "tmp")
    for line in text.splitlines():
        seen.feed(line)
    return seen


def test_packages_and_bytes_follow_the_output_of_pip(tmp_path: Path) -> None:
    seen = pip(tmp_path, OLD_PIP)
    assert (seen.total, seen.got, seen.downloaded, seen.cached) == (3, 3, 17_051_000, 3_000_000)
    assert seen.index == "https://index.example/simple"
    assert seen.text(65) == "  1:05 [####################] 3 of 3 packages, 17 MB (and 3 MB from pip's cache)"


def test_the_output_of_a_pip_that_downloads_metadata_first_is_understood(tmp_path: Path) -> None:
    seen = pip(tmp_path, NEW_PIP, packages=2)
    assert (seen.total, seen.got, seen.downloaded, seen.cached) == (2, 2, 16_900_000, 3_000_000)


def test_the_current_file_is_shown_with_its_downloaded_bytes(tmp_path: Path) -> None:
    seen = pip(tmp_path, "\n".join(OLD_PIP.splitlines()[:4]), packages=3)
    (tmp_path / "tmp" / "pip-unpack-x").mkdir(parents=True)
    (tmp_path / "tmp" / "pip-unpack-x" / "first-1.0-py3-none-any.whl").write_bytes(bytes(4_000_000))
    assert seen.text(2) == "  0:02 [####----------------] 0 of 2 packages, 4 MB; first: 4 MB of 17 MB"


def test_packages_are_counted_while_they_are_unpacked(tmp_path: Path) -> None:
    seen = pip(tmp_path, OLD_PIP + "Installing collected packages: first, second, third\n")
    for name in ("pip-23.2.1", "first-1.0"):
        (tmp_path / "site" / f"{name}.dist-info").mkdir(parents=True)
    assert seen.text(70) == "  1:10 [######--------------] unpacked 1 of 3 packages"


def test_a_lost_connection_is_shown_in_plain_words_until_it_works_again(tmp_path: Path) -> None:
    seen = pip(tmp_path, "Collecting first==1.0\n" + RETRY)
    assert seen.trouble == "Failed to establish a new connection: [Errno 111] Connection refused"
    assert seen.text(1).endswith(f"; retrying: {seen.trouble}")
    seen.feed("  Downloading first-1.0-py3-none-any.whl (16.9 MB)")
    assert seen.trouble == ""


def test_a_package_with_a_name_like_an_error_is_not_an_error(tmp_path: Path) -> None:
    assert pip(tmp_path, "Collecting async-timeout==5.0.1\nCollecting requests-timeout==1.0").trouble == ""


def test_every_requirement_of_the_lock_is_counted() -> None:
    text = (Path(__file__).parents[2] / "requirements.lock").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert locked(text) == len(lines) > 60


def test_without_a_terminal_progress_lines_are_rare_and_plain() -> None:
    err = io.StringIO()
    line = Line(err, {})
    line.say("[1/4] creating .venv")
    for count in range(50):
        line.show(f"{count} of 50")
    line.say("done")
    assert err.getvalue() == "[1/4] creating .venv\ndone\n"


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_plain_terminal_receives_no_control_characters(environ: dict[str, str]) -> None:
    assert _on_a_terminal(environ) == "at work\r\ndone\r\n"


def test_on_a_terminal_a_line_is_replaced_in_place() -> None:
    assert _on_a_terminal({}) == "at work\r\x1b[Kdone\r\n"


def _on_a_terminal(environ: dict[str, str]) -> str:
    reader, writer = os.openpty()
    with os.fdopen(writer, "w") as err:
        line = Line(err, environ)
        line._last = float("-inf")
        line.show("at work")
        line.say("done")
    shown = b""
    with contextlib.suppress(OSError):  # Linux raises EIO when the other end is closed
        while part := os.read(reader, 1000):
            shown += part
    os.close(reader)
    return shown.decode()
