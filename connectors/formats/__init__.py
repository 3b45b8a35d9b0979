"""How records become rows and rows records: formats, values, times."""
