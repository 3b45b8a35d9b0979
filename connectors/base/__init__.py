"""What every connector is made of: the configuration models, types, columns, problems and places."""
