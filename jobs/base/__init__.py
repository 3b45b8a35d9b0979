"""What every job is made of: the job file as a model, its validation, and its plan."""
