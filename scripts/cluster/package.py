"""Everything that a job needs on a cluster, in one archive. The same job is always packed to the same bytes.

manifest.json   name, versions, and the hash of everything else
job.json        the effective job file; secrets are references
files/          models
code/           our own code and the user's modules
jars/           our own jar, and the connector jars (the ledger's copies only name those, by hash: the jar lock has them)
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.connectors.config.problems import ConfigError, RunError
from penstock.connectors.runtime.home import flink_version
from penstock.connectors.runtime.jars import digest, jars
from penstock.connectors.runtime.java_build import MODULES
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.cluster.records import Versions
from penstock.scripts.config.load import Loaded
from penstock.scripts.config.scrub import secrets
from penstock.scripts.config.tree import Tree
from penstock.scripts.config.user_code import find

_PENSTOCK = Path(__file__).parents[2]
_ROOMS = ("connectors", "jobs", "udfs")
_FORMAT = 1


@dataclass(frozen=True)
class Package:
    """A packed job: its manifest, the content of each entry, and the connector jars by their name in the archive.

    `tree` is the job file that the package was made from; it is None when the package was read from an archive.
    """

    manifest: Mapping[str, Any]
    entries: Mapping[str, bytes]
    jars: Mapping[str, Path]
    tree: Tree | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.manifest["name"])

    @property
    def versions(self) -> Versions:
        """What it was packed with."""
        manifest = self.manifest
        return Versions(manifest["penstock"], manifest["flink"], manifest["python"], manifest["jars"])

    @property
    def config_hash(self) -> str:
        """sha256 of the effective job file, in hexadecimal."""
        return str(self.manifest["files"]["job.json"])

    @property
    def code_hash(self) -> str:
        """sha256 over all code, in hexadecimal."""
        lines = [f"{name} {sha}" for name, sha in self.manifest["files"].items() if name.startswith("code/")]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def entry(self) -> str:
        """The module that submits the job. In packages from before the code was named `penstock` it is another one."""
        return (
            "penstock.jobs.programs.submit" if "code/penstock/jobs/programs/submit.py" in self.entries else "jobs.run"
        )

    def config(self) -> dict[str, Any]:
        """The effective job file as plain data."""
        config: dict[str, Any] = json.loads(self.entries["job.json"])
        return config

    def pipeline(self) -> Pipeline:
        """The job as a model. Its files have the paths that they were packed from, which may not exist here."""
        return Pipeline.model_validate(self.config())

    def archive(self, with_jars: bool = True) -> bytes:
        """The archive; equal packages have equal bytes."""
        everything = {"manifest.json": _json(self.manifest), **self.entries}
        if with_jars:
            everything |= {name: jar.read_bytes() for name, jar in self.jars.items()}
        return _zip(everything)

    def code_archive(self, everything: bool = True) -> bytes:
        """The code as an archive that Python imports: all of it, or only what Python workers need (functions and the user's modules)."""
        ours = ("code/penstock/connectors/", "code/penstock/jobs/", "code/connectors/", "code/jobs/")
        names = [n for n in self.entries if n.startswith("code/") and (everything or not n.startswith(ours))]
        return _zip({name.removeprefix("code/"): self.entries[name] for name in names})

    def write(self, file: Path, with_jars: bool = True) -> None:
        """Write the archive atomically. Raises RunError."""
        new = file.with_name(file.name + ".new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(self.archive(with_jars))
            new.replace(file)
        except OSError as problem:
            raise RunError(f"{file} cannot be written: {problem.strerror}", do="choose another place") from None

    def unpack(self, folder: Path) -> None:
        """Write the entries into a folder, without the jars."""
        for name, content in {"manifest.json": _json(self.manifest), **self.entries}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def pack(config: Loaded, folders: Sequence[Path]) -> Package:
    """The package of a checked job file. Raises ConfigError for a secret by value, RunError for a jar that cannot be fetched."""
    pipeline = config.pipeline
    entries: dict[str, bytes] = {}

    def put(file: Path) -> str:
        content = file.read_bytes()
        name = f"files/{hashlib.sha256(content).hexdigest()[:12]}-{file.name}"
        entries[name] = content
        return name

    job = pipeline.packed(put)
    if found := secrets(job):
        raise ConfigError(
            f"{config.file}: {', '.join(found)}",
            found="a secret by value",
            allowed="a reference, such as ${env:NAME} or ${file:/path:key}",
            do="write the reference: it is resolved where the job runs",
        )
    entries["job.json"] = _json(job)
    entries |= _own_code() | _user_code(pipeline, folders)
    needed, ours = pipeline.jars(), MODULES.keys()
    entries |= {f"jars/{jar.name}": jar.read_bytes() for jar in jars(needed & ours)}
    files = {f"jars/{jar.name}": jar for jar in jars(needed - ours)}
    manifest = {
        "format": _FORMAT,
        "name": pipeline.name,
        "penstock": importlib.metadata.version("penstock"),
        "flink": flink_version(),
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "jars": {name: digest(jar) for name, jar in sorted(files.items())},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(entries.items())},
    }
    return Package(manifest, entries, files, config.tree)


def read(file: Path) -> Package:
    """A package from its archive, each entry checked against the manifest. Raises RunError."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            entries = {name: archive.read(name) for name in manifest["files"]}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise RunError(
            f"{file} is not a package of a job ({type(problem).__name__})", do="pack the job again"
        ) from None
    for name, content in entries.items():
        if hashlib.sha256(content).hexdigest() != manifest["files"][name]:
            raise RunError(f"{file}: {name} does not match the manifest", do="do not use it; pack the job again")
    wanted = Pipeline.model_validate(json.loads(entries["job.json"])).jars() - MODULES.keys()
    known = {digest(jar): jar for jar in jars(wanted)}
    missing = [name for name, sha in manifest["jars"].items() if sha not in known]
    if missing:
        raise RunError(
            f"{file} was packed with other jars: {', '.join(missing)}",
            found=f"Flink {flink_version()}, Penstock {importlib.metadata.version('penstock')}",
            allowed=f"Flink {manifest['flink']}, Penstock {manifest['penstock']}",
            do="install those versions, or submit the job file again",
        )
    return Package(manifest, entries, {name: known[sha] for name, sha in manifest["jars"].items()})


def _own_code() -> dict[str, bytes]:
    """The code of the folders that a running job imports."""
    files = [
        f
        for room in _ROOMS
        for f in (_PENSTOCK / room).rglob("*")
        if f.suffix in (".py", ".json", ".txt") and f.is_file()
    ]
    files.append(_PENSTOCK / "__init__.py")
    return {f"code/penstock/{file.relative_to(_PENSTOCK).as_posix()}": file.read_bytes() for file in files}


def _user_code(pipeline: Pipeline, folders: Sequence[Path]) -> dict[str, bytes]:
    """Each module that a step names: its file and the modules beside it, or the whole top-level package that holds it."""
    entries: dict[str, bytes] = {}
    for module in sorted(pipeline.modules()):
        file = find(module, folders)
        if not file:
            continue  # an installed module: part of the Python environment
        root = next(folder for folder in folders if file.is_relative_to(folder))
        top = root / module.split(".")[0]
        found = sorted(top.rglob("*.py")) if top.is_dir() else sorted(root.glob("*.py"))
        entries |= {f"code/{f.relative_to(root).as_posix()}": f.read_bytes() for f in found}
    return entries


def _zip(entries: Mapping[str, bytes]) -> bytes:
    """Entries are sorted and have one fixed date, so that equal entries result in equal bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, entries[name], compresslevel=6)
    return made.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
