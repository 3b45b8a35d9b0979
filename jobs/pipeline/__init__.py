"""A job file as a model: its validation, and its plan."""
