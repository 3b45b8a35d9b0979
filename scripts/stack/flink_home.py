"""Create a Flink home from the pip package, for a container image: `python -m penstock.scripts.stack.flink_home FOLDER`.

`bin`, `conf` and `opt` are those of Flink's distribution. `lib` also contains the Python jar, because session clusters run Python
functions, and the Kafka connector (see PARENT_FIRST in flink_config.py). `usrlib` contains Penstock's own jar, which is on the class path
of application clusters. `plugins` contains the S3 file system, and `java` is the Java runtime."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from penstock.connectors.runtime.home import flink_home, java_home
from penstock.connectors.runtime.jars import jars
from penstock.connectors.runtime.java_build import MODULES

_LOCAL = "\n  host: localhost\n"


def lay_out(folder: Path) -> None:
    """Create the home. Files that do not change are links into the pip package; files that change are copies."""
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
    for jar in jars(MODULES):
        shutil.copy(jar, folder / "usrlib" / jar.name)
    (folder / "plugins" / "s3-fs-hadoop").mkdir(parents=True, exist_ok=True)
    for jar in jars(["s3"]):
        shutil.copy(jar, folder / "plugins" / "s3-fs-hadoop" / jar.name)
    (folder / "java").symlink_to(java_home())


def open_to_others(config: Path) -> None:
    """Remove the TaskManager host `localhost` from Flink's config.yaml, so that a TaskManager determines its own address. With localhost no
    other TaskManager can exchange rows with it, and the JobManager receives no metrics. Raises ValueError if the line does not exist."""
    text = config.read_text(encoding="utf-8")
    if text.count(_LOCAL) != 1:
        raise ValueError(
            f"{config}: expected {_LOCAL!r} once, found it {text.count(_LOCAL)} times: adapt to the new configuration of Flink"
        )
    config.write_text(text.replace(_LOCAL, "\n"), encoding="utf-8")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
