"""Files in folders as source, sink and dead letter queue."""
