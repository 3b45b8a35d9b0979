"""Where Java, Flink and the connector jars come from."""
