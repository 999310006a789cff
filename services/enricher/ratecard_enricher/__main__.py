"""Run the enricher: `python -m ratecard_enricher`."""

from ratecard_enricher.app import build
from ratecard_enricher.settings import EnricherSettings
from ratecard_shared.service import main

if __name__ == "__main__":
    main("enricher", EnricherSettings, build)
