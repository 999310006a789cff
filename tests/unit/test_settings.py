"""Settings: a wrong value is one line with the variable, what it got and what it takes; a secret is not shown."""

from __future__ import annotations

import pytest
import settings_page

from ratecard_scheduler.settings import SchedulerSettings
from ratecard_scraper.settings import ScraperSettings
from ratecard_shared.settings import SettingsError, load


def test_the_defaults_are_the_guides() -> None:
    scheduler, scraper = load(SchedulerSettings, {}), load(ScraperSettings, {})
    assert scheduler.sync_schedule_cron == "0 2 * * *"
    assert scheduler.sync_timeout_ms == 300_000
    assert scheduler.enable_auto_sync
    assert (scraper.scraping_delay_ms, scraper.scraping_timeout_ms) == (1000, 30_000)
    assert scraper.scraping_user_agent.startswith("Ratecard/")


def test_an_empty_variable_counts_as_unset() -> None:
    assert load(SchedulerSettings, {"SYNC_TIMEOUT_MS": "", "DATABASE_URL": " "}) == load(SchedulerSettings, {})


@pytest.mark.parametrize(
    ("variable", "value", "takes"),
    [
        ("SYNC_TIMEOUT_MS", "soon", "a whole number of milliseconds from 1000"),
        ("SYNC_TIMEOUT_MS", "5", "a whole number of milliseconds from 1000"),
        ("ENABLE_AUTO_SYNC", "perhaps", "true or false"),
        ("KAFKA_BOOTSTRAP_SERVERS", "here", "host:port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "here:99999", "host:port"),
        ("KAFKA_TLS_CA", "/no/such/file", "the path of a file that can be read"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense", "a URL such as"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_value_is_named(variable: str, value: str, takes: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(SchedulerSettings, {variable: value})
    message = str(caught.value)
    assert message.startswith(f"{variable} is {value!r}, but it takes ")
    assert takes in message
    assert "\n" not in message


@pytest.mark.parametrize("url", ["ratecard:hunter2@db", "mysql://ratecard:hunter2@db", "postgresql://"])
def test_a_secret_is_not_shown(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(SchedulerSettings, {"DATABASE_URL": url})
    assert "hunter2" not in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)


def test_the_page_of_all_variables_is_current() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), "run python tests/settings_page.py"


GUIDE = {
    "SYNC_SCHEDULE_CRON": "0 2 * * *",
    "SYNC_TIMEOUT_MS": "300000",
    "SCRAPING_DELAY_MS": "1000",
    "SCRAPING_TIMEOUT_MS": "30000",
    "MODEL_CACHE_TTL": "3600",
    "PRICING_CACHE_TTL": "3600",
    "FALLBACK_CACHE_TTL": "604800",
    "ENABLE_MODEL_DISCOVERY": "true",
    "ENABLE_PRICING_SCRAPING": "true",
    "ENABLE_AUTO_SYNC": "true",
    "ALERT_EMAIL": "",
    "ALERT_SLACK_WEBHOOK": "",
}


@pytest.mark.parametrize(("name", "default"), list(GUIDE.items()))
def test_each_variable_of_the_deployment_guide_has_its_name_and_default(name: str, default: str) -> None:
    every = {
        variable.name: variable
        for kind in settings_page.SERVICES.values()
        for variable in settings_page.variables(kind)
    }
    assert every[name].default.strip("`") == default
