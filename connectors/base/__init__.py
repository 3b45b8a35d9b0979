"""Building blocks of every connector: configuration models, types, columns, errors and places."""
