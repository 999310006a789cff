"""Discovery's variables. The providers' API keys are read under the names that the provider files give."""

from __future__ import annotations

from ratecard_shared.http import USER_AGENT
from ratecard_shared.settings import KafkaSettings, Settings, Text


class DiscoverySettings(Settings, frozen=True, kw_only=True, rename="upper"):
    """How discovery introduces itself to providers' APIs."""

    kafka: KafkaSettings
    scraping_user_agent: Text = USER_AGENT
