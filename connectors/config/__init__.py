"""What every configuration is made of: models, columns, types, quantities, paths and errors. Imports no other folder of Penstock."""
