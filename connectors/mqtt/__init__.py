"""Topics of MQTT brokers."""
