"""Kafka topics as source, sink and dead letter queue."""
