"""Encoding and decoding of records: formats, values and times."""
