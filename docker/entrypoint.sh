#!/bin/bash
# Accepts the commands of Flink's official image (jobmanager, taskmanager, standalone-job) and any other command, which the Kubernetes operator uses.
set -euo pipefail

config="$FLINK_HOME/conf/config.yaml"
if [ -w "$config" ] && ! grep -q '^# penstock$' "$config"; then
    cat /opt/penstock/docker/config.yaml >>"$config"
    cp /opt/penstock/docker/log4j-console.properties "$FLINK_HOME/conf/"
    # As in the official image: lines of FLINK_PROPERTIES come last, and win.
    printf '%s\n' "${FLINK_PROPERTIES:-}" >>"$config"
fi

case "${1:-help}" in
help) echo "usage: $(basename "$0") jobmanager | taskmanager | standalone-job | COMMAND..." ;;
jobmanager | taskmanager | standalone-job)
    kind=$1
    shift
    exec "$FLINK_HOME/bin/$kind.sh" start-foreground "$@"
    ;;
*) exec "$@" ;;
esac
