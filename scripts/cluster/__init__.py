"""What is done with jobs on a running Flink: its REST interface, the ledger, deploys, upgrades."""
