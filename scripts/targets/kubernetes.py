"""Kubernetes with the Flink Kubernetes Operator: each job is a FlinkDeployment of its own (application mode)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.quantities import millis
from penstock.connectors.kafka.security import java_options
from penstock.connectors.runtime.home import flink_line, flink_version
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.cluster.package import Package
from penstock.scripts.targets.target import Submission, Submitted, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.scripts.cluster.deployments import Deployments

_JOB = "/opt/penstock/job"
_PYTHON = "/opt/penstock/venv/bin/python"
_LONGEST_NAME = 45  # Flink derives the names of services and pods from it
_MOST = 1_000_000  # a ConfigMap holds 1 MiB


def _uri(value: str) -> str:
    if "://" not in value or value.startswith("file:"):
        raise invalid(
            found=f'"{value[:80]}", which not every pod can read',
            allowed="a URI such as s3://bucket/flink",
            do="name object storage, or a volume's claim that all pods mount",
        )
    return value.rstrip("/")


class Secret(Config):
    """A key of a Kubernetes Secret."""

    name: str
    """The name of the Secret."""

    key: str
    """The key in the Secret whose value the variable has."""


class Resources(Config):
    """The resources of one pod."""

    memory: str = Field(default="2048m", pattern=r"^\d+[mg]$")
    """The total memory of the pod, in Flink's notation (`m` or `g`), such as `2048m`."""

    cpu: float = Field(default=1.0, gt=0)
    """The number of CPU cores of the pod."""


class KubernetesTarget(Target):
    """One FlinkDeployment for each job, for the Flink Kubernetes Operator. `penstock submit` writes the manifest; with `--apply` it also
    applies it with `kubectl`. The operator upgrades jobs from savepoints, restarts them and cleans up."""

    same_network: ClassVar[bool] = False
    instead: ClassVar[str] = (
        "kubectl get flinkdeployment; submit again to upgrade, kubectl delete flinkdeployment NAME to stop"
    )

    image: str = Field(min_length=1, pattern=r"^[\w./:@-]+$")
    """The image that was built from `docker/Dockerfile`, with a tag or digest. The cluster must be able to pull it."""

    state: Annotated[str, AfterValidator(_uri)]
    """The folder for checkpoints, savepoints and high-availability data, such as `s3://bucket/flink`. Every pod must reach it."""

    namespace: str = Field(default="default", pattern=r"^[a-z0-9-]{1,63}$")
    """The namespace of the FlinkDeployment."""

    service_account: str = Field(default="flink", pattern=r"^[a-z0-9.-]{1,253}$")
    """The service account of the pods. It must exist in the namespace."""

    flink_version: str | None = Field(default=None, pattern=r"^v\d+_\d+$")
    """Flink's version in the operator's notation, such as `v2_3`. Default: the version of the Flink that is installed on this machine."""

    mode: Literal["native", "standalone"] = "native"
    """`native`: Flink itself requests TaskManagers from Kubernetes. `standalone`: the operator starts as many as the job needs
    (parallelism / slots)."""

    slots: int = Field(default=2, ge=1, le=64)
    """The number of slots of each TaskManager. A slot runs one subtask of each operator."""

    jobmanager: Resources = Resources()
    """The resources of the JobManager's pod."""

    taskmanager: Resources = Resources()
    """The resources of each TaskManager's pod."""

    secrets: dict[str, Secret] = {}
    """Environment variables of the pods from Kubernetes Secrets, for `${env:NAME}` in job files: variable to Secret and key."""

    def submit(self, package: Package, wanted: Submission, jobs: Callable[[], Deployments]) -> Submitted:
        from penstock.scripts.targets import kubectl

        file = wanted.to or Path("build/kubernetes") / f"{package.name}.yaml"
        kubectl.write(self.manifest(package), file)
        state = kubectl.send(file) if wanted.apply else "WRITTEN"
        hint = "" if wanted.apply else f"\n  do       kubectl apply -f {file}   # or --apply"
        return Submitted(
            f"{file}: {state.lower()}{hint}", {"name": package.name, "state": state, "manifest": str(file)}
        )

    def manifest(self, package: Package) -> list[dict[str, Any]]:
        """The ConfigMap that holds the job, and the FlinkDeployment. Raises RunError when the job is too large for a ConfigMap."""
        name = package.name
        if len(name) > _LONGEST_NAME:
            raise RunError(
                f"{name}: {len(name)} characters", allowed=f"at most {_LONGEST_NAME} on Kubernetes", do="rename the job"
            )
        bundle = {"job.zip": package.archive(with_jars=False), "code.zip": package.code_archive()}
        size = sum(map(len, bundle.values()))
        if size > _MOST:
            raise RunError(
                f"{name}: its code and models are {size:,} bytes, and a ConfigMap holds {_MOST:,}",
                do="put large models and packages into the image (docker/Dockerfile)",
            )
        version = hashlib.sha256(b"".join(bundle.values())).hexdigest()[:10]
        meta = {"name": f"{name}-{version}", "namespace": self.namespace, "labels": self._labels(name)}
        data = {key: base64.b64encode(content).decode() for key, content in bundle.items()}
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "immutable": True, "binaryData": data}
        return [config_map, self._deployment(package.pipeline(), name, meta["name"])]

    def arguments(self) -> list[str]:
        """The arguments of Flink's Python driver: its own options first, then the module, then the module's arguments."""
        options = ["-pyclientexec", _PYTHON, "-pyexec", _PYTHON, "-pyfs", f"{_JOB}/code.zip"]
        return [*options, "-pym", "penstock.jobs.programs.submit", f"{_JOB}/job.zip"]

    def _deployment(self, pipeline: Pipeline, name: str, config_map: Any) -> dict[str, Any]:
        parallelism = pipeline.flink.parallelism
        job = {
            "jarURI": f"local:///opt/flink/opt/flink-python-{flink_version()}.jar",
            "entryClass": "org.apache.flink.client.python.PythonDriver",
            "args": self.arguments(),
            "parallelism": parallelism,
            "upgradeMode": "savepoint",
            "state": "running",
        }
        task_manager: dict[str, Any] = {"resource": self._resource(self.taskmanager)}
        if self.mode == "standalone":
            task_manager["replicas"] = -(-parallelism // self.slots)
        spec = {
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "flinkVersion": self.flink_version or f"v{flink_line().replace('.', '_')}",
            "mode": self.mode,
            "serviceAccount": self.service_account,
            "flinkConfiguration": self._configuration(name, pipeline),
            "podTemplate": self._pod(config_map),
            "jobManager": {"resource": self._resource(self.jobmanager), "replicas": 1},
            "taskManager": task_manager,
            "job": job,
        }
        meta = {"name": name, "namespace": self.namespace, "labels": self._labels(name)}
        return {"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeployment", "metadata": meta, "spec": spec}

    def _configuration(self, name: str, pipeline: Pipeline) -> dict[str, str]:
        allowed = " ".join(java_options(pipeline.token_urls()))
        processes = ("jobmanager", "taskmanager") if allowed else ()
        return {
            **{f"env.java.opts.{process}": allowed for process in processes},
            "taskmanager.numberOfTaskSlots": str(self.slots),
            "execution.checkpointing.dir": f"{self.state}/{name}/checkpoints",
            "execution.checkpointing.savepoint-dir": f"{self.state}/{name}/savepoints",
            "execution.checkpointing.interval": f"{millis(pipeline.flink.checkpoint)} ms",
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "high-availability.type": "kubernetes",
            "high-availability.storageDir": f"{self.state}/{name}/ha",
            "restart-strategy.type": "exponential-delay",
            "python.executable": _PYTHON,
            "python.client.executable": _PYTHON,
            "web.submit.enable": "false",
            "web.timeout": "10 s",
            "metrics.fetcher.update-interval": "1000",
        }

    def _pod(self, config_map: str) -> dict[str, Any]:
        """The pods of JobManager and TaskManagers: not root, without privilege escalation, the job mounted read-only."""
        container = {
            "name": "flink-main-container",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [{"name": "job", "mountPath": _JOB, "readOnly": True}],
            "env": [
                {"name": name, "valueFrom": {"secretKeyRef": secret.model_dump()}}
                for name, secret in self.secrets.items()
            ],
        }
        user = {"runAsNonRoot": True, "runAsUser": 9999, "runAsGroup": 9999, "fsGroup": 9999}
        return {
            "spec": {
                "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [container],
                "volumes": [{"name": "job", "configMap": {"name": config_map}}],
            }
        }

    def _labels(self, name: str) -> Mapping[str, str]:
        return {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "penstock"}

    def _resource(self, resources: Resources) -> dict[str, Any]:
        return {"memory": resources.memory, "cpu": resources.cpu}
