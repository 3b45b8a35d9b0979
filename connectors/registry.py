"""Every source and every sink, by the name that a job file gives it."""

from connectors.base.sink import Sink
from connectors.base.source import Source
from connectors.blackhole import BlackholeSink
from connectors.console import ConsoleSink
from connectors.datagen import DatagenSource
from connectors.files.sink import FilesSink
from connectors.files.source import FilesSource
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
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
