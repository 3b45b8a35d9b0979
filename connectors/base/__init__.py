"""The base classes of sources and sinks, and what they declare and report."""
