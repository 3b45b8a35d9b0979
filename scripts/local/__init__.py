"""Run jobs on this machine, in a mini-cluster inside one JVM."""
