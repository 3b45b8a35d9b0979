"""YAML tests of job files: compute the output for given rows in plain Python or in Flink, and compare it."""
