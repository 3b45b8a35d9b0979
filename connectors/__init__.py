"""The edges of a job: sources, sinks, formats, and the connector jars they need."""

from connectors.blackhole import BlackholeSink
from connectors.connector import Sink, Source
from connectors.console import ConsoleSink
from connectors.datagen import DatagenSource
from connectors.files import FilesSink, FilesSource
from connectors.kafka_sink import KafkaSink
from connectors.kafka_source import KafkaSource
from connectors.values import ValuesSource

SOURCES: dict[str, type[Source]] = {
    "datagen": DatagenSource,
    "files": FilesSource,
    "kafka": KafkaSource,
    "values": ValuesSource,
}
SINKS: dict[str, type[Sink]] = {
    "blackhole": BlackholeSink,
    "console": ConsoleSink,
    "files": FilesSink,
    "kafka": KafkaSink,
}
