"""The base of every job: the job file as a model, its validation, and its plan."""
