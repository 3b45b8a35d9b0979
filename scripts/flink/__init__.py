"""Clients for Flink: its REST interface, metrics, options, and the meaning of its failures."""
