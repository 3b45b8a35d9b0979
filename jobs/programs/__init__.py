"""Programs that run in a separate process, on a cluster or on the machine of the command."""
