#!/bin/bash
# Run the container command of a Kubernetes manifest in the built image: a JobManager with the manifest's own arguments and files,
# and a TaskManager beside it, as the operator starts them. Needs the image of docker/try.sh (or docker build), and podman or docker.
set -euo pipefail
cd "$(dirname "$0")/.."
run=$(command -v podman || command -v docker)
penstock=${PENSTOCK:-.venv/bin/penstock}
scratch=$(mktemp -d)
network=penstock-try-$$
cleanup() {
    "$run" logs "$network-jm" >"$scratch/jobmanager.log" 2>&1 || true
    "$run" rm -f "$network-jm" "$network-tm" >/dev/null 2>&1 || true
    "$run" network rm "$network" >/dev/null 2>&1 || true
    "$run" volume rm "$network" >/dev/null 2>&1 || true
}
trap cleanup EXIT

cat >"$scratch/job.yaml" <<'YAML'
name: in-a-pod
source: {datagen: {columns: {id: bigint, text: string}, rows_per_second: 100, rows: 500}}
job: {dedup: {key: id, keep: first, ttl: 1 h}}
sink: {files: {path: /opt/flink/data/out}}
flink: {checkpoint: 1 s}
YAML
"$penstock" submit "$scratch/job.yaml" --target kubernetes --to "$scratch/manifest.yaml" >/dev/null
mapfile -t arguments < <("$(dirname "$penstock")/python" - "$scratch" <<'PYTHON'
import base64, pathlib, sys, yaml
scratch = pathlib.Path(sys.argv[1])
config_map, deployment = yaml.safe_load_all((scratch / "manifest.yaml").read_text())
(scratch / "job").mkdir()
for name, content in config_map["binaryData"].items():
    (scratch / "job" / name).write_bytes(base64.b64decode(content))
job = deployment["spec"]["job"]
print("--job-classname", job["entryClass"], *job["args"], sep="\n")
PYTHON
)
chmod -R a+rX "$scratch"
properties="jobmanager.rpc.address: $network-jm
jobmanager.bind-host: 0.0.0.0
taskmanager.bind-host: 0.0.0.0
jobmanager.memory.process.size: 1200m
taskmanager.memory.process.size: 1400m
execution.checkpointing.dir: file:///opt/flink/data/checkpoints"
options=(--network "$network" --user 9999 --cap-drop ALL --security-opt no-new-privileges
    -v "$scratch/job:/opt/penstock/job:ro" -v "$network:/opt/flink/data" -e "FLINK_PROPERTIES=$properties")
"$run" network create "$network" >/dev/null
"$run" run -d --name "$network-jm" "${options[@]}" localhost/penstock:latest standalone-job "${arguments[@]}" >/dev/null
"$run" run -d --name "$network-tm" "${options[@]}" localhost/penstock:latest taskmanager >/dev/null
for _ in $(seq 90); do
    "$run" logs "$network-jm" 2>&1 | grep -q 'Job in-a-pod .* switched from state RUNNING to FINISHED' && break
    sleep 1
done
"$run" logs "$network-jm" 2>&1 | grep 'switched from state RUNNING to FINISHED'
lines=$("$run" run --rm -v "$network:/opt/flink/data" localhost/penstock:latest bash -c 'cat /opt/flink/data/out/part-* | wc -l')
[ "$lines" -eq 500 ] || { echo "$lines rows instead of 500; see $scratch" >&2; exit 1; }
echo "the manifest's command ran in the image, and gave its 500 rows"
