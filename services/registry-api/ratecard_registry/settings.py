"""The registry's variables."""

from __future__ import annotations

from typing import Annotated

from ratecard_shared.settings import (
    DatabaseSettings,
    Flag,
    KafkaSettings,
    Milliseconds,
    Port,
    RedisSettings,
    Secret,
    ServiceSettings,
    Settings,
    takes,
)

Days = Annotated[int, takes("a whole number of days; 0 keeps all", ge=0)]
Months = Annotated[
    str, takes("a whole number of months from 12 to 999; 0 keeps all", pattern=r"^(0|1[2-9]|[2-9]\d|[1-9]\d\d)$")
]
Rate = Annotated[int, takes("a whole number of requests in a minute; 0 is no limit", ge=0)]
Ttl = Annotated[int, takes("a whole number of seconds from 1", ge=1)]


class ApiSettings(ServiceSettings, frozen=True, kw_only=True, rename="upper"):
    """As for every service, but at a port that people can know."""

    http_port: Port = 8080


class RegistrySettings(Settings, frozen=True, kw_only=True, rename="upper"):
    """How long the caches keep, and who may ask."""

    service: ApiSettings
    kafka: KafkaSettings
    database: DatabaseSettings
    redis: RedisSettings
    model_cache_ttl: Ttl = 3600
    pricing_cache_ttl: Ttl = 3600
    fallback_cache_ttl: Ttl = 604_800
    evidence_retention_days: Days = 400
    pricing_history_retention_months: Months = "0"
    sync_timeout_ms: Milliseconds = 300_000
    registry_applies_syncs: Flag = True
    ratecard_admin_key: Secret = ""
    ratecard_anonymous_read: Flag = False
    scraping_allow_private: Flag = False
    ratecard_rate_limit: Rate = 6_000
    ratecard_rate_limit_anonymous: Rate = 1_200
    ratecard_behind_tls: Flag = False
    ratecard_litellm_map: Annotated[str, takes("a file with LiteLLM's model map, for the overlay export")] = ""
