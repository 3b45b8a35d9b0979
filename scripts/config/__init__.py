"""From a job file to a checked pipeline, with every error at its line."""
