"""Operate jobs on a running Flink cluster: packages, deployments, the ledger, reconciliation, upgrades and status."""
