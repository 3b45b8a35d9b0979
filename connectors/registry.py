"""All sources and sinks, by their name in a job file."""

from penstock.connectors.base.sink import Sink
from penstock.connectors.base.source import Source
from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.console import ConsoleSink
from penstock.connectors.datagen import DatagenSource
from penstock.connectors.files.sink import FilesSink
from penstock.connectors.files.source import FilesSource
from penstock.connectors.http.sink import HttpSink
from penstock.connectors.jdbc.mysql import MysqlSink
from penstock.connectors.jdbc.postgres import PostgresSink
from penstock.connectors.kafka.sink import KafkaSink
from penstock.connectors.kafka.source import KafkaSource
from penstock.connectors.mongodb.sink import MongodbSink
from penstock.connectors.mqtt.source import MqttSource
from penstock.connectors.opensearch.sink import OpensearchSink
from penstock.connectors.rabbitmq.sink import RabbitmqSink
from penstock.connectors.rabbitmq.source import RabbitmqSource
from penstock.connectors.values import ValuesSource

SOURCES: dict[str, type[Source]] = {
    "datagen": DatagenSource,
    "files": FilesSource,
    "kafka": KafkaSource,
    "mqtt": MqttSource,
    "rabbitmq": RabbitmqSource,
    "values": ValuesSource,
}
SINKS: dict[str, type[Sink]] = {
    "blackhole": BlackholeSink,
    "console": ConsoleSink,
    "files": FilesSink,
    "http": HttpSink,
    "kafka": KafkaSink,
    "mongodb": MongodbSink,
    "mysql": MysqlSink,
    "opensearch": OpensearchSink,
    "postgres": PostgresSink,
    "rabbitmq": RabbitmqSink,
}
