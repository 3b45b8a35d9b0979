"""Programs that run in a process of their own, on a cluster or beside the command."""
