"""A JVM for the commands of a test run, one after the other. A command that starts its own spends four processor seconds on that.

A Python process uses the JVM at `PYFLINK_GATEWAY_PORT`, a variable of PyFlink, instead of starting one. The JVM has the jars of every
connector, and its log is not in the log folder of a command. What a user waits for at the start of a command is not measured with it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from java_program import JAVA, compile_java, flink_jars

from penstock.connectors.registry import SINKS, SOURCES
from penstock.connectors.runtime.home import flink_home
from penstock.connectors.runtime.jars import jars
from penstock.scripts.jvm import class_data, gateway
from penstock.scripts.stack import flink_config

_SOURCE = Path(__file__).with_name("java") / "WarmGateway.java"


@cache
def port() -> str:
    """Start the JVM at the first call, and return the port of its Py4J server. The JVM ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-"))
    pyflink = sorted((flink_home() / "opt").glob("flink-python*.jar"))
    compiled = compile_java(_SOURCE, folder, [*flink_jars(), *pyflink], "-nowarn")
    assert compiled.returncode == 0, compiled.stderr
    needed = {
        "avro",
        "parquet",
        *(name for one in (*SOURCES.values(), *SINKS.values()) for name in one.capabilities.jars),
    }
    environ = gateway.environ(jars(needed), folder, gateway.SHORT_LIVED)
    beginning = class_data.class_path(class_data.lib(class_data.home()))
    class_path = os.pathsep.join([beginning, environ["HADOOP_CLASSPATH"], str(folder)])
    options = [*environ["JVM_ARGS"].split(), *flink_config.module_options(), "-cp", class_path]
    started = subprocess.Popen(
        [JAVA, *options, "org.apache.flink.client.python.WarmGateway"], env={**os.environ, **environ},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdout
    return started.stdout.readline().strip()
