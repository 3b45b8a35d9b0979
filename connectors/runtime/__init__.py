"""Finds Java, Flink and the connector jars."""
