"""The deployment guide's five groups: syncs, scraping, models, prices and the cache.

Syncs are hours apart, so what they count is summed over a day. Registry replicas count the same tables: `max by`.
"""

from __future__ import annotations

from typing import Any, Final

from dashboard_style import bars, good_from, lines, new, number, provider_variable, thresholds
from grafana_foundation_sdk.builders import dashboard as build

_OF: Final = '{provider=~"$provider"}'
_DAY: Final = 86_400


def ratecard() -> build.Dashboard:
    """Return the dashboard of what Ratecard is for."""
    made = new("ratecard", "Ratecard", "Syncs, scraping, models, prices and the cache").with_variable(
        provider_variable()
    )
    for title, panels in (
        ("Sync status", _syncs()),
        ("Scraping performance", _scraping()),
        ("Model statistics", _models()),
        ("Pricing statistics", _prices()),
        ("Cache performance", _cache()),
    ):
        made = made.with_row(build.Row(title))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def _share(good: str, bad: str, labels: str, window: str) -> str:
    """Return the share of what went well; nothing where nothing went at all."""
    by, of = (f" by ({labels})", _OF) if labels else ("", "")
    well, ill = (f"sum{by} (increase({name}{of}[{window}]))" for name in (good, bad))
    return f"{well} / (({well} + {ill}) > 0)"


def _syncs() -> list[Any]:
    return [
        number(
            "Last sync",
            "When each provider was last synced well.",
            (f"max by (provider) (model_sync_last_success_timestamp_seconds{_OF}) * 1000", "{{provider}}"),
            unit="dateTimeFromNow",
        ),
        number(
            "Next sync",
            "When the schedule asks for the next sync (SYNC_SCHEDULE_CRON).",
            ("(max(model_sync_next_timestamp_seconds) > 0) * 1000", "next"),
            unit="dateTimeFromNow",
            none="switched off",
        ),
        number(
            "Models discovered",
            "What the newest sync of each provider found.",
            (f"sum(max by (provider) (models_discovered_total{_OF}))", "models"),
            unit="short",
            limits=good_from(1, 100),
        ),
        number(
            "Sync success rate",
            "Syncs in which every provider ended well, of all in the dashboard's time range.",
            (_share("model_sync_success_total", "model_sync_failure_total", "", "$__range"), "success"),
            unit="percentunit",
            limits=good_from(0.5, 0.95),
        ),
        lines(
            "Sync duration",
            "How long the syncs of the day before took, from start to end.",
            ("histogram_quantile(0.5, sum by (le) (increase(model_sync_duration_seconds_bucket[1d])))", "median"),
            ("histogram_quantile(0.95, sum by (le) (increase(model_sync_duration_seconds_bucket[1d])))", "95 %"),
            unit="s",
        ),
        lines(
            "Failed in a row",
            "Failed syncs of each provider, one after the other. Three are an alert.",
            (f"max by (provider) (model_sync_consecutive_failures{_OF})", "{{provider}}"),
            unit="short",
            limits=thresholds(1, 3),
        ),
    ]


def _scraping() -> list[Any]:
    took = (
        f"sum by (provider) (increase(scraping_duration_seconds_sum{_OF}[1d]))"
        f" / (sum by (provider) (increase(scraping_duration_seconds_count{_OF}[1d])) > 0)"
    )
    return [
        lines(
            "Scraping duration per provider",
            "Mean time to fetch and read all pages of a provider, over the day before.",
            (took, "{{provider}}"),
            unit="s",
        ),
        lines(
            "Success rate per provider",
            "Scrapes that gave a whole price list, of all in the day before.",
            (_share("scraping_success_total", "scraping_failure_total", "provider", "1d"), "{{provider}}"),
            unit="percentunit",
            limits=good_from(0.5, 0.95),
            most=1,
        ),
        lines(
            "Models extracted per provider",
            "Models found with a price on pages, in all syncs of the day before.",
            (f"sum by (provider) (increase(scraping_models_extracted_total{_OF}[1d]))", "{{provider}}"),
            unit="short",
        ),
        lines(
            "Kept out",
            "Times in the day before that a site kept the scraper out.",
            (f"sum by (provider) (increase(ratecard_scraping_blocked_total{_OF}[1d]))", "{{provider}}"),
            unit="short",
            limits=thresholds(1),
        ),
    ]


def _models() -> list[Any]:
    return [
        bars(
            "Total models by provider",
            "Models that are known, deprecated ones among them.",
            (f"sum by (provider) (max by (provider, usability) (ratecard_models{_OF}))", "{{provider}}"),
        ),
        bars(
            "Models by classification",
            "Models that can be used.",
            ("max by (classification) (ratecard_models_classified)", "{{classification}}"),
        ),
        bars(
            "Models by usability",
            "Available, preview and deprecated ones.",
            (f"sum by (usability) (max by (provider, usability) (ratecard_models{_OF}))", "{{usability}}"),
        ),
        lines(
            "Model discovery timeline",
            "What each sync found, by provider.",
            (f"max by (provider) (models_discovered_total{_OF})", "{{provider}}"),
            unit="short",
            stacked=True,
        ),
        lines(
            "Deprecated",
            "Models that syncs of the day before found gone.",
            (f"sum by (provider) (increase(models_deprecated_total{_OF}[1d]))", "{{provider}}"),
            unit="short",
        ),
    ]


def _prices() -> list[Any]:
    return [
        lines(
            "Pricing updates over time",
            "Changes of prices in the day before.",
            (f"sum by (provider) (increase(pricing_updated_total{_OF}[1d]))", "{{provider}}"),
            unit="short",
            stacked=True,
        ),
        lines(
            "Average cost per provider",
            "Mean price of the standard tier's base band, per million tokens.",
            (f"max by (provider, component) (ratecard_average_cost_usd{_OF})", "{{provider}} {{component}}"),
            unit="currencyUSD",
        ),
        number(
            "Price changes detected",
            "In the dashboard's time range.",
            (f"sum(increase(pricing_updated_total{_OF}[$__range]))", "changes"),
            unit="short",
        ),
        number(
            "Prices in force",
            "Price rows that are in force now.",
            (f"sum(max by (provider) (ratecard_prices_in_force{_OF}))", "rows"),
            unit="short",
        ),
        number(
            "Oldest verified price",
            "How long ago the page was read well that was read well the longest time ago.",
            (f"time() - min by (provider) (ratecard_prices_verified_timestamp_seconds{_OF})", "{{provider}}"),
            unit="s",
            limits=thresholds(2 * _DAY, 3 * _DAY),
        ),
        number(
            "Held back",
            "Prices in quarantine, which somebody has to decide on at /operate.",
            (f"sum by (provider) (max by (provider) (ratecard_quarantine_held{_OF}))", "{{provider}}"),
            unit="short",
            limits=thresholds(1),
            none="none",
        ),
    ]


def _hits(what: str) -> str:
    hits, misses = (f"sum(rate({what}_cache_{name}_total[$__rate_interval]))" for name in ("hits", "misses"))
    return f"{hits} / (({hits} + {misses}) > 0)"


def _cache() -> list[Any]:
    return [
        lines(
            "Cache hit rate",
            "Of the models and prices that were asked of Redis. What memory answers does not get that far.",
            (_hits("model"), "models"),
            (_hits("pricing"), "prices"),
            unit="percentunit",
            limits=good_from(0.5, 0.8),
            most=1,
        ),
        lines(
            "Cache size",
            "Memory that Redis uses, and its limit (0 is none).",
            ("sum(redis_memory_used_bytes)", "used"),
            ("sum(redis_memory_max_bytes)", "limit"),
            unit="bytes",
        ),
        lines("Cached values", "Keys in Redis.", ("sum by (db) (redis_db_keys)", "{{db}}"), unit="short"),
        lines(
            "Cache evictions",
            "Values that Redis dropped a second because its memory was full.",
            ("sum(rate(redis_evicted_keys_total[$__rate_interval]))", "evicted"),
            unit="ops",
            limits=thresholds(0.1, 10),
        ),
    ]
