"""Files as source, sink and dead letter queue."""
