"""A JVM for the commands of a test run, one after the other. A command that starts its own spends four processor seconds on that.

A Python process uses the JVM at `PYFLINK_GATEWAY_PORT`, a variable of PyFlink, instead of starting one. The JVM has the jars of every
connector, and its log is in a folder of its own, not in the log folder of a command. What a user waits for at the start of a command is
not measured with it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from java_program import JAVA, compile_java, flink_jars

from penstock.connectors.registry import SINKS, SOURCES
from penstock.connectors.runtime import class_data
from penstock.connectors.runtime.home import flink_home
from penstock.connectors.runtime.jars import jars
from penstock.scripts.jvm import gateway
from penstock.scripts.stack import flink_config

_SOURCE = Path(__file__).with_name("java") / "WarmGateway.java"
_FOLDER = tempfile.TemporaryDirectory(prefix="penstock-")
_LOG = """\
rootLogger.level = WARN
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = FILE
appender.file.fileName = ${sys:log.file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %c [] - %m%n
"""


@cache
def variables() -> dict[str, str]:
    """Start the JVM at the first call, and return the variables of a command that uses it. The JVM ends with this process."""
    folder = Path(_FOLDER.name)
    (folder / "log4j.properties").write_text(_LOG, encoding="utf-8")
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
    log = [f"-Dlog.file={folder / 'flink.log'}", f"-Dlog4j.configurationFile={folder / 'log4j.properties'}"]
    options = [*environ["JVM_ARGS"].split(), *log, *flink_config.module_options(), "-cp", class_path]
    started = subprocess.Popen(
        [JAVA, *options, "org.apache.flink.client.python.WarmGateway"], env={**os.environ, **environ},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdout
    return {"PYFLINK_GATEWAY_PORT": started.stdout.readline().strip(), "WARM_JVM_LOG": str(folder)}
