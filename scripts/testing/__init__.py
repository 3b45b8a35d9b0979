"""YAML tests: rows in, rows out; by the plain-Python reference, and by Flink."""
