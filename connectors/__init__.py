"""Sources, sinks, formats, and the connector jars that they need. `registry.py` lists the sources and sinks."""
