"""What wraps PyFlink: the JVM behind it, and the archive of its classes."""
