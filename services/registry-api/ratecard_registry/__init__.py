"""Keeps models and every price ever in force, publishes pricing.changed and serves the REST API."""
