"""The scraper's variables: how it introduces itself, how patient it is, and where it may not go."""

from __future__ import annotations

from typing import Annotated

from ratecard_shared.http import USER_AGENT
from ratecard_shared.settings import Flag, KafkaSettings, Milliseconds, Settings, Text, takes


class ScraperSettings(Settings, frozen=True, kw_only=True, rename="upper"):
    """`SCRAPING_DELAY_MS` lies between requests to one provider, `SCRAPING_TIMEOUT_MS` is for one request."""

    kafka: KafkaSettings
    scraping_user_agent: Text = USER_AGENT
    scraping_delay_ms: Milliseconds = 1000
    scraping_timeout_ms: Annotated[int, takes("a whole number of milliseconds from 1", ge=1)] = 30_000
    scraping_allow_private: Flag = False
