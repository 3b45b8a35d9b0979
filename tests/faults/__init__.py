"""Run a job on a real Kafka and a real Flink under faults, and account for every record."""
