"""Run the registry: `python -m ratecard_registry`."""

from ratecard_registry.app import build
from ratecard_registry.settings import RegistrySettings
from ratecard_shared.service import main

if __name__ == "__main__":
    main("registry-api", RegistrySettings, build)
