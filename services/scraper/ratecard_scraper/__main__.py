"""Run the scraper: `python -m ratecard_scraper`."""

from ratecard_scraper.app import build
from ratecard_scraper.settings import ScraperSettings
from ratecard_shared.service import main

if __name__ == "__main__":
    main("scraper", ScraperSettings, build)
