"""The files that `penstock init` writes."""
