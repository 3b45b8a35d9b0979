"""The base class of jobs."""
