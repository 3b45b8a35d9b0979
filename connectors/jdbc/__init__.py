"""Tables of databases that Java reaches with a JDBC driver."""
