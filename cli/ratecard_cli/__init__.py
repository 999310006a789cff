"""The ratecard command: run everything on a laptop, sync, look prices up, try a scraper."""
