"""Queues and exchanges of RabbitMQ."""
