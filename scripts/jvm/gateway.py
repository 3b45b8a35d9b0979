"""Configure the JVM that PyFlink starts."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.connectors.runtime import class_data
from penstock.connectors.runtime.home import flink_home, java_home, jvm_args
from penstock.connectors.runtime.jars import jars
from penstock.scripts.jvm import function_server

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

# Upper case must not depend on the locale of the user. The serial garbage collector starts fastest.
_JVM = ("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8", "-XX:+UseSerialGC", "-Xss512k")

# The optimizing compiler takes a method after ten times as many calls and loops as by default. A method that runs for each record has
# these after less than a second; the methods that only start Flink never have, and compiling them was a quarter of the start.
_COMPILE_LATER = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)

SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")
"""Options of a JVM that plans one job and ends: the optimizing compiler would cost it more than it saves. Without that compiler the
space for compiled code is smaller, and the JVM collects all garbage when a part of it is used."""

NO_FUNCTION_SERVER = {"_python_worker_execution_mode": "process"}
"""The environment variable with which PyFlink starts no server for Python functions in a process."""

LOOPBACK = {"rest.bind-port": "0", "rest.bind-address": "localhost", "jobmanager.bind-host": "localhost"}
"""Flink options of a mini-cluster: free ports, to which only this machine can connect. Flink's interfaces have no authentication."""


def prepare(jar_names: Iterable[str], log_dir: Path, java_options: Iterable[str] = ()) -> None:
    """Set the environment variables that PyFlink reads in this process. Raises RunError when a jar cannot be downloaded."""
    os.environ.update(environ(jars(name for name in jar_names if name != "penstock"), log_dir, java_options))
    os.environ.pop("FLINK_CONF_DIR", None)


def environ(more_jars: Iterable[Path], log_dir: Path, java_options: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment variables that PyFlink reads: Java and its options, the class path and the log folder."""
    home = class_data.home()
    lib = class_data.lib(home)
    archive = class_data.options(class_data.flink_archive(home))
    included = {jar.name for jar in lib.iterdir()}
    log_dir.mkdir(parents=True, exist_ok=True)
    return {
        "JAVA_HOME": str(java_home()),
        "FLINK_HOME": str(flink_home()),
        "FLINK_LIB_DIR": str(lib),
        "FLINK_LOG_DIR": str(log_dir),
        "FLINK_IDENT_STRING": "penstock",
        "HADOOP_CLASSPATH": os.pathsep.join(
            str(jar) for jar in more_jars if jar.name not in included
        ),  # PyFlink appends it to its own jars
        "JVM_ARGS": " ".join([*_JVM, *_COMPILE_LATER, *archive, *jvm_args(), *java_options]),
    }


_released: deque[tuple[Any, str]] = deque()
_original: list[Callable[[Any, str], None]] = []


def release() -> None:
    """Release in the JVM, from this thread, the objects that Python has garbage-collected since the last call.

    By default Py4J releases an object at once, from the thread that collects it. If the connection of the main thread is in use, Py4J opens
    a second one. The planner then runs on a different Java thread than before, and fails with "NullPointerException:
    metadataHandlerProvider". Therefore releases are queued until this function is called.
    """
    from py4j import java_gateway

    if not _original:
        _original.append(java_gateway._garbage_collect_object)
        java_gateway._garbage_collect_object = lambda client, name: _released.append((client, name))
    while _released:
        _original[0](*_released.popleft())


def quiet_exit() -> None:
    """Suppress a traceback at exit; call after the last job. Beam's server for Python functions starts a thread while the interpreter shuts
    down, which Python 3.12 rejects with a traceback. Exit handlers run in reverse order, so this one runs before Beam's."""
    atexit.register(lambda: setattr(sys, "unraisablehook", lambda unraisable: None))


def environment(options: Mapping[str, str], functions: bool) -> TableEnvironment:
    """Return a streaming table environment in the JVM of this process, which is started if necessary.

    `functions` says whether a job in a mini-cluster calls Python functions of the user. PyFlink starts a server for them, whose imports
    take half a second. Only one thread may call PyFlink: no other thread of this process may run until the job is submitted.
    """
    logging.disable(logging.CRITICAL)  # otherwise Py4J logs a traceback for each interrupted call
    release()
    if functions:
        for name in NO_FUNCTION_SERVER:
            os.environ.pop(name, None)
        function_server.keep_local()
    else:
        os.environ.update(NO_FUNCTION_SERVER)
    from pyflink.common import Configuration
    from pyflink.java_gateway import get_gateway
    from pyflink.table import EnvironmentSettings, TableEnvironment

    # PyFlink sets a new class loader for each environment, whose parent is the last one. A class is looked up in all of them, so that
    # the hundredth job of a process would take five times as long to compile as the first.
    jvm = get_gateway().jvm
    jvm.Thread.currentThread().setContextClassLoader(jvm.ClassLoader.getSystemClassLoader())
    configuration = Configuration()
    for key, value in {
        "python.executable": function_server.interpreter() if functions else sys.executable,
        "python.client.executable": sys.executable,
        **options,
    }.items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    made = TableEnvironment.create(settings)
    if "hadoop-client" in os.environ.get("HADOOP_CLASSPATH", ""):
        _quieten_hadoop()
    return made


def _quieten_hadoop() -> None:
    """Show warnings and errors of Hadoop's classes only. Flink's log configuration for commands prints their messages on the console, such
    as one for each codec of a Parquet file."""
    from pyflink.java_gateway import get_gateway

    log4j = get_gateway().jvm.org.apache.logging.log4j
    log4j.core.config.Configurator.setLevel("org.apache.hadoop", log4j.Level.WARN)
