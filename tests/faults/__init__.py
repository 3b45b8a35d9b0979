"""Proof under faults: a job on a real Kafka and a real Flink, killed again and again, and a ledger of every record."""
