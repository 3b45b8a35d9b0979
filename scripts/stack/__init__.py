"""A local stack with a real Kafka and a real Flink, from pip packages and Maven jars."""
