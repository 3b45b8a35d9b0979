"""The JVM behind PyFlink, set up before PyFlink starts it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.jars import jars
from connectors.runtime import flink_home, java_home
from scripts.local import archive

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

# English rules for upper case whatever the user's language; a small collector, which starts quickly.
_JVM = ("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8", "-XX:+UseSerialGC", "-Xss512k")


def prepare(jar_names: Iterable[str], log_dir: Path) -> None:
    """Set the environment that PyFlink reads: Java, the class path, where it logs. Raises RunError when a jar is not to be had."""
    base = archive.home()
    lib = archive.lib(base)
    log_dir.mkdir(parents=True, exist_ok=True)
    more = jars(name for name in jar_names if name != "penstock")
    os.environ.update(
        JAVA_HOME=str(java_home()),
        FLINK_HOME=str(flink_home()),
        FLINK_LIB_DIR=str(lib),
        FLINK_LOG_DIR=str(log_dir),
        FLINK_IDENT_STRING="penstock",
        HADOOP_CLASSPATH=os.pathsep.join(map(str, more)),  # PyFlink puts it behind its own jars
        JVM_ARGS=" ".join([*_JVM, *archive.options(base), os.environ.get("PENSTOCK_JVM_ARGS", "")]).strip(),
    )
    os.environ.pop("FLINK_CONF_DIR", None)


def environment(options: Mapping[str, str]) -> TableEnvironment:
    """A streaming table environment in this process's JVM, which is started when it does not run yet.

    PyFlink is driven by one thread: nothing else may run in this process until the job is submitted.
    """
    logging.disable(logging.CRITICAL)  # Py4J logs a traceback for each interrupted call
    from pyflink.common import Configuration
    from pyflink.table import EnvironmentSettings, TableEnvironment

    configuration = Configuration()
    for key, value in {
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        **options,
    }.items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    return TableEnvironment.create(settings)
