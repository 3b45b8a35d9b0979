"""Submit a package to YARN in application mode, with Flink's own client."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.security import java_options
from penstock.connectors.runtime.home import flink_home, java_home
from penstock.scripts.cluster.package import Package
from penstock.scripts.flink.failure import cause
from penstock.scripts.local.runner import new_log_dir
from penstock.scripts.stack import flink_config
from penstock.scripts.targets.yarn import YarnTarget

_CLIENT = "org.apache.flink.client.cli.CliFrontend"
_FOLDER = "penstock-job"  # its name where the job runs
_APPLICATION = re.compile(r"application_\d+_\d+")
_ADDRESS = re.compile(r"Found Web Interface ([\w.-]+:\d+)")


@dataclass(frozen=True)
class Application:
    """A job on YARN: the application's id, and the REST address of its JobManager."""

    name: str
    id: str
    address: str


def submit(target: YarnTarget, package: Package, timeout: float = 180) -> Application:
    """Start a package as an application; return when YARN runs it. Raises RunError with the cause."""
    hadoop = _hadoop()
    log_dir = new_log_dir(f"submit-{package.name}")
    log_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        home, job = Path(scratch) / "flink", Path(scratch) / _FOLDER
        _lay_out(package, home, job)
        command = _command(target, package.name, home, job, hadoop)
        environ = {
            **os.environ,
            "FLINK_CONF_DIR": str(home / "conf"),
            "FLINK_LIB_DIR": str(home / "lib"),
            "FLINK_OPT_DIR": str(flink_home() / "opt"),
            "FLINK_PLUGINS_DIR": str(home / "plugins"),
        }
        try:
            done = subprocess.run(
                command, env=environ, cwd=scratch, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise RunError(
                f"{package.name}: YARN has not started it after {timeout:g} s", do="check YARN's queue"
            ) from None
    (log_dir / "client.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    text = done.stdout + done.stderr
    found, address = _APPLICATION.search(text), _ADDRESS.search(text)
    if done.returncode or not found or not address:
        raise cause(RuntimeError(text)).error(package.name, log_dir=log_dir)
    return Application(package.name, found[0], f"http://{address[1]}")


def _hadoop() -> str:
    """Hadoop's class path, its configuration first. Raises RunError."""
    configuration = os.environ.get("HADOOP_CONF_DIR")
    if not configuration:
        raise RunError("HADOOP_CONF_DIR is not set", do="export HADOOP_CONF_DIR=... : the folder with yarn-site.xml")
    if known := os.environ.get("HADOOP_CLASSPATH"):
        return f"{configuration}{os.pathsep}{known}"
    if shutil.which("hadoop"):
        asked = subprocess.run(["hadoop", "classpath"], capture_output=True, text=True, check=True)
        return f"{configuration}{os.pathsep}{asked.stdout.strip()}"
    raise RunError("Hadoop's classes are not found", do="export HADOOP_CLASSPATH=$(hadoop classpath)")


def _lay_out(package: Package, home: Path, job: Path) -> None:
    """Write what is uploaded: Flink's lib/ and configuration, and the job's folder."""
    (home / "plugins").mkdir(parents=True)
    (home / "lib").mkdir()
    for jar in [*(flink_home() / "lib").glob("*.jar"), *(flink_home() / "opt").glob("flink-python-*.jar")]:
        shutil.copy(jar, home / "lib")
    options = [*flink_config.module_options(), *java_options(package.pipeline().token_urls())]
    flink_config.write(home / "conf", {"env.java.opts.all": " ".join(options)})
    job.mkdir()
    (job / "job.zip").write_bytes(package.archive(with_jars=False))
    (job / "code.zip").write_bytes(package.code_archive())
    for jar in package.jars.values():
        shutil.copy(jar, job)
    for name, content in package.entries.items():
        if name.startswith("jars/"):
            (job / name.removeprefix("jars/")).write_bytes(content)


def _command(target: YarnTarget, name: str, home: Path, job: Path, hadoop: str) -> list[str]:
    options = {**target.options(name), "yarn.ship-files": str(job)}
    python = ["-pyclientexec", target.python, "-pyexec", target.python, "-pyfs", f"{_FOLDER}/code.zip"]
    if target.python_archive:
        archive = Path(target.python_archive).absolute()
        options["yarn.ship-files"] += f";{archive}"
        python += ["-pyarch", archive.name]
    class_path = os.pathsep.join([str(home / "lib" / "*"), hadoop])
    log = f"-Dlog4j.configurationFile={(home / 'conf' / 'log4j.properties').as_uri()}"
    java = [str(java_home() / "bin" / "java"), *flink_config.module_options(), log, "-cp", class_path, _CLIENT]
    named = [f"-D{key}={value}" for key, value in options.items()]
    return [
        *java,
        "run",
        "-t",
        "yarn-application",
        *named,
        *python,
        "-pym",
        "penstock.jobs.programs.submit",
        f"{_FOLDER}/job.zip",
    ]
