"""What wraps Flink: its REST interface, metrics, options, and what its failures mean."""
