"""Joins discovered models with scraped prices, classifies them and says so on model.enriched."""
