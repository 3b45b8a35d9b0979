"""Read, count and replay dead letters."""
