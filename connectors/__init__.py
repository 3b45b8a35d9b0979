"""The edges of a job: sources, sinks, formats, and the connector jars they need. `registry.py` lists them."""
