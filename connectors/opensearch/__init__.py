"""Indexes of OpenSearch and Elasticsearch."""
