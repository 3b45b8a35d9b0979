"""What commands show: tables and status lines on standard output, steps with their elapsed time on standard error."""
