"""Asks providers' APIs which models exist and says so on models.discovered."""
