"""Read a job file and return a validated pipeline, with the line and column of every error."""
