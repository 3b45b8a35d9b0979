"""The JVM behind PyFlink, and the archive of its classes."""
