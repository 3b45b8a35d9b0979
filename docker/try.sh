#!/bin/bash
# Build the images, start the compose file with two TaskManagers, run a job in it from topic to topic and one that exchanges rows between
# the two, take it all down. Needs buildah and podman-compose
# (pip install podman-compose), or docker with its compose. BASE_IMAGE names another base; BUILD_OPTIONS go to each build.
set -euo pipefail
cd "$(dirname "$0")/.."
export BASE_IMAGE=${BASE_IMAGE:-docker.io/library/python:3.11-slim-bookworm}
if command -v buildah >/dev/null; then
    build=(buildah bud ${BUILD_OPTIONS:-})
    compose=(podman-compose ${COMPOSE_OPTIONS:-} -f docker/compose.yaml)
else
    build=(docker build ${BUILD_OPTIONS:-})
    compose=(docker compose -f docker/compose.yaml)
fi
penstock=${PENSTOCK:-.venv/bin/penstock}
"${build[@]}" --build-arg BASE_IMAGE="$BASE_IMAGE" -f docker/Dockerfile -t localhost/penstock:latest .
"${build[@]}" --build-arg BASE_IMAGE="$BASE_IMAGE" -f docker/Dockerfile --target kafka -t localhost/penstock-kafka:latest .

ledger=$(mktemp -d)
cleanup() {
    "${compose[@]}" logs >"$ledger/compose.log" 2>&1 || true
    "${compose[@]}" down -v >/dev/null 2>&1 || true
}
trap cleanup EXIT
"${compose[@]}" up -d --scale taskmanager=2
for _ in $(seq 90); do
    slots=$(curl -s 127.0.0.1:18081/overview | grep -o '"slots-available":[0-9]*' | cut -d: -f2 || true)
    [ "${slots:-0}" -ge 8 ] && break
    sleep 1
done
for topic in names names-upper; do
    "$penstock" topics create "$topic" --bootstrap localhost:19092
done
"$penstock" topics produce names conf/data/names.jsonl --bootstrap localhost:19092
KAFKA=kafka:9092 "$penstock" submit conf/jobs/uppercase_filter_kafka.yaml --target docker --ledger "$ledger"
found=
for _ in $(seq 60); do
    found=$("$penstock" topics tail names-upper --limit 3 --bootstrap localhost:19092)
    [ "$(wc -l <<<"$found")" -ge 3 ] && break
    sleep 1
done
"$penstock" status uppercase-filter-kafka --target docker --ledger "$ledger" | tee "$ledger/status"
grep -q 'rows  *in 8, out 3, filtered 5' "$ledger/status"
"$penstock" doctor --target docker || true
"$penstock" stop uppercase-filter-kafka --target docker --ledger "$ledger"
diff <(echo "$found") <(printf '%s\n' '{"id":1,"name":"ADA"}' '{"id":3,"name":"ALAN"}' '{"id":7,"name":"ADELE"}')

"$penstock" topics create exchanged --bootstrap localhost:19092
cat >"$ledger/exchange.yaml" <<'YAML'
name: exchange
source: {datagen: {columns: {id: bigint, text: string}, rows_per_second: 200, rows: 500}}
job: {dedup: {key: id, keep: first, ttl: 1 h}}
sink: {kafka: {bootstrap: "kafka:9092", topic: exchanged}}
flink: {parallelism: 7, checkpoint: 1 s}
YAML
"$penstock" submit "$ledger/exchange.yaml" --target docker --ledger "$ledger"
for _ in $(seq 60); do
    rows=$("$penstock" topics tail exchanged --bootstrap localhost:19092 | sort -u | wc -l)
    [ "$rows" -ge 500 ] && break
    sleep 1
done
[ "$rows" -eq 500 ]
echo "both jobs ran in the compose file, and their rows are right"
