"""Penstock: write, run and operate Flink jobs from Python.

In a source tree the four packages in this folder are links to the folders beside it; an installed Penstock has them here. One top-level
name keeps a user's own `jobs`, `udfs`, `connectors` and `scripts` folders importable beside it.
"""
