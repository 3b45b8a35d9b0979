"""A Flink home from the pip package, for an image: `python -m penstock.scripts.stack.flink_home FOLDER`.

`bin`, `conf` and `opt` as Flink's own distribution has them, `lib` with the Python jar (session clusters run functions of jobs) and the
Kafka connector (see PARENT_FIRST in flink_config.py), `usrlib` with our jar (on the class path of application clusters), `plugins`
with the S3 file system, and `java`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from penstock.connectors.runtime.home import flink_home, java_home
from penstock.connectors.runtime.jars import jars

_LOCAL = "\n  host: localhost\n"


def lay_out(folder: Path) -> None:
    """Make the home; what stands in the pip package is linked, what is written to is copied."""
    home = flink_home()
    for name in ("bin", "conf"):
        shutil.copytree(home / name, folder / name, dirs_exist_ok=True)
    open_to_others(folder / "conf" / "config.yaml")
    for script in (folder / "bin").glob("*.sh"):
        script.chmod(0o755)
    (folder / "bin" / "flink").chmod(0o755)
    (folder / "opt").mkdir(parents=True, exist_ok=True)
    (folder / "lib").mkdir(exist_ok=True)
    for jar in [*(home / "lib").glob("*.jar"), *(home / "opt").glob("flink-python-*.jar")]:
        (folder / "lib" / jar.name).symlink_to(jar)
    for jar in jars(["kafka", "kafka-oauth"]):
        shutil.copy(jar, folder / "lib" / jar.name)
    for jar in (home / "opt").glob("*.jar"):
        (folder / "opt" / jar.name).symlink_to(jar)
    (folder / "usrlib").mkdir(exist_ok=True)
    for jar in jars(["penstock"]):
        shutil.copy(jar, folder / "usrlib" / jar.name)
    (folder / "plugins" / "s3-fs-hadoop").mkdir(parents=True, exist_ok=True)
    for jar in jars(["s3"]):
        shutil.copy(jar, folder / "plugins" / "s3-fs-hadoop" / jar.name)
    (folder / "java").symlink_to(java_home())


def open_to_others(config: Path) -> None:
    """Let a TaskManager find out its own address. Flink's config.yaml calls it localhost: then no other TaskManager can exchange rows
    with it, and the JobManager knows no metrics. Raises ValueError where that line is no longer found."""
    text = config.read_text(encoding="utf-8")
    if text.count(_LOCAL) != 1:
        raise ValueError(f"{config}: {text.count(_LOCAL)} times {_LOCAL!r}: look at what Flink does now")
    config.write_text(text.replace(_LOCAL, "\n"), encoding="utf-8")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
