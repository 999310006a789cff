"""Run discovery: `python -m ratecard_discovery`."""

from ratecard_discovery.app import build
from ratecard_discovery.settings import DiscoverySettings
from ratecard_shared.service import main

if __name__ == "__main__":
    main("discovery", DiscoverySettings, build)
