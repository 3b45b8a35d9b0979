"""A local stack of real parts, from pip and Maven alone."""
