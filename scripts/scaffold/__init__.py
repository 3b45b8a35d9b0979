"""What `penstock init` writes."""
