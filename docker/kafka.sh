#!/bin/bash
# One broker (KRaft), for trials: reached as $KAFKA_HOST:9092 by those who share its network, and as localhost:19092 from outside.
set -euo pipefail
host=${KAFKA_HOST:-kafka}
data=/opt/flink/data/kafka
classpath=$(find "$PENSTOCK_CACHE/jars" -name '*.jar' -printf '%p:')
mkdir -p "$data"
cat >"$data/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:9093
listeners=INSIDE://0.0.0.0:9092,OUTSIDE://0.0.0.0:19092,CONTROLLER://127.0.0.1:9093
advertised.listeners=INSIDE://$host:9092,OUTSIDE://localhost:19092,CONTROLLER://127.0.0.1:9093
inter.broker.listener.name=INSIDE
controller.listener.names=CONTROLLER
listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
if [ ! -e "$data/data/meta.properties" ]; then
    id=$("$JAVA_HOME/bin/java" -cp "$classpath" kafka.tools.StorageTool random-uuid 2>/dev/null | tail -n 1)
    "$JAVA_HOME/bin/java" -cp "$classpath" kafka.tools.StorageTool format -t "$id" -c "$data/server.properties" --standalone
fi
exec "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC -cp "$classpath" kafka.Kafka "$data/server.properties"
