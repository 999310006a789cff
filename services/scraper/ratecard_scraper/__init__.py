"""Reads providers' public pricing pages and says what they charge on pricing.scraped."""
