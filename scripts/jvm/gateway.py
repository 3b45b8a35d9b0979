"""The JVM behind PyFlink, set up before PyFlink starts it."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.connectors.runtime.home import flink_home, java_home, jvm_args
from penstock.connectors.runtime.jars import jars
from penstock.scripts.jvm import class_data

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

# English rules for upper case whatever the user's language; a small collector, which starts quickly.
_JVM = ("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8", "-XX:+UseSerialGC", "-Xss512k")


def prepare(jar_names: Iterable[str], log_dir: Path, java_options: Iterable[str] = ()) -> None:
    """Set the environment that PyFlink reads in this process. Raises RunError when a jar is not to be had."""
    found = environ(jars(name for name in jar_names if name != "penstock"), log_dir)
    os.environ.update(found, JVM_ARGS=" ".join([found["JVM_ARGS"], *java_options]))
    os.environ.pop("FLINK_CONF_DIR", None)


def environ(more_jars: Iterable[Path], log_dir: Path) -> dict[str, str]:
    """What PyFlink reads of the environment: Java, the class path, where it logs."""
    base = class_data.home()
    lib = class_data.lib(base)
    log_dir.mkdir(parents=True, exist_ok=True)
    return {
        "JAVA_HOME": str(java_home()),
        "FLINK_HOME": str(flink_home()),
        "FLINK_LIB_DIR": str(lib),
        "FLINK_LOG_DIR": str(log_dir),
        "FLINK_IDENT_STRING": "penstock",
        "HADOOP_CLASSPATH": os.pathsep.join(map(str, more_jars)),  # PyFlink puts it behind its own jars
        "JVM_ARGS": " ".join([*_JVM, *class_data.options(base), *jvm_args()]),
    }


_released: deque[tuple[Any, str]] = deque()
_tell: list[Callable[[Any, str], None]] = []


def release() -> None:
    """Tell the JVM, on this thread, of the objects that Python has let go since the last call.

    Py4J does so at once, from whichever thread happens to collect, and while this thread's connection is in use it opens a
    second one. The planner then finds itself on another Java thread than the one it was made on, and dies with
    "NullPointerException: metadataHandlerProvider". So the news waits for this.
    """
    from py4j import java_gateway

    if not _tell:
        _tell.append(java_gateway._garbage_collect_object)
        java_gateway._garbage_collect_object = lambda client, name: _released.append((client, name))
    while _released:
        _tell[0](*_released.popleft())


def quiet_exit() -> None:
    """Call when jobs are done. Beam's server for Python functions starts a thread as the interpreter ends, which Python 3.12
    rejects, with a traceback; what runs at exit goes backwards, so this is in place before it."""
    atexit.register(lambda: setattr(sys, "unraisablehook", lambda unraisable: None))


def environment(options: Mapping[str, str]) -> TableEnvironment:
    """A streaming table environment in this process's JVM, which is started when it does not run yet.

    PyFlink is driven by one thread: nothing else may run in this process until the job is submitted.
    """
    logging.disable(logging.CRITICAL)  # Py4J logs a traceback for each interrupted call
    release()
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
