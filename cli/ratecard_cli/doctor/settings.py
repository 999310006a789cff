"""Whether the environment is one that every service takes, and says nothing that contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ratecard_cli.doctor.finding import Finding, problem, warning, well
from ratecard_discovery.settings import DiscoverySettings
from ratecard_enricher.settings import EnricherSettings
from ratecard_providers.spec import Provider
from ratecard_registry.settings import RegistrySettings
from ratecard_scheduler import slots
from ratecard_scheduler.alerts import channels
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_scraper.settings import ScraperSettings
from ratecard_shared.kafka import security
from ratecard_shared.settings import KafkaSettings, SettingsError, load

_KINDS: Final[tuple[Any, ...]] = (
    SchedulerSettings,
    DiscoverySettings,
    ScraperSettings,
    EnricherSettings,
    RegistrySettings,
)


class _Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that does nothing unless another one is set too."""

    variable: str
    without: str
    do: str


_LONELY: Final = (
    _Contradiction(variable="KAFKA_TLS_CA", without="KAFKA_TLS", do="set KAFKA_TLS=true"),
    _Contradiction(variable="DATABASE_TLS_CA", without="DATABASE_TLS", do="set DATABASE_TLS=true"),
    _Contradiction(variable="KAFKA_SASL_USERNAME", without="KAFKA_SASL_MECHANISM", do="set KAFKA_SASL_MECHANISM"),
    _Contradiction(variable="KAFKA_SASL_PASSWORD", without="KAFKA_SASL_MECHANISM", do="set KAFKA_SASL_MECHANISM"),
)


def look_at_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Load each service's settings as it would, and look at what they are together."""
    found = [*_refused(environ), *_contradictions(environ), *_risks(environ)]
    yield from found or [well("settings", "every service takes them, and none contradicts another")]


def look_at_keys(environ: Mapping[str, str], providers: Mapping[str, Provider]) -> Iterator[Finding]:
    """Tell which providers have a key, without telling any."""
    wanted = {name: spec.models.key_variable for name, spec in providers.items() if spec.models}
    variables = {name: variable for name, variable in wanted.items() if variable}
    having = [name for name, variable in variables.items() if environ.get(variable, "").strip()]
    lacking = {name: variable for name, variable in variables.items() if name not in having}
    if having:
        yield well("keys", f"{', '.join(having)} have a key; {len(wanted) - len(variables)} providers need none")
    if lacking:
        yield warning(
            "keys",
            f"{', '.join(lacking)} have no key: their models are not discovered, their pricing pages are read",
            do=f"set {', '.join(lacking.values())} where discovery runs, or name others in RATECARD_ENABLED_PROVIDERS",
        )
    if environ.get("RATECARD_ADMIN_KEY", "").strip():
        yield well("keys", "RATECARD_ADMIN_KEY is set")
    else:
        yield warning(
            "keys",
            "RATECARD_ADMIN_KEY is not set: nobody can administer",
            do="set it where the registry runs, such as to what `openssl rand -hex 24` prints",
        )


def _refused(environ: Mapping[str, str]) -> Iterator[Finding]:
    said = set()
    for kind in _KINDS:
        try:
            settings = load(kind, environ)
            if isinstance(settings, SchedulerSettings):
                slots.check(settings.sync_schedule_cron, settings.sync_timezone)
                channels(settings)
        except SettingsError as error:
            said.add(str(error))
    try:
        security(load(KafkaSettings, environ))
    except SettingsError as error:
        said.add(str(error))
    except OSError as error:
        said.add(f"KAFKA_TLS_CA cannot be used: {error}")
    for fault in sorted(said):
        yield problem("settings", fault, do="change the variable: docs/settings.md has them all")


def _contradictions(environ: Mapping[str, str]) -> Iterator[Finding]:
    def given(name: str) -> str:
        return environ.get(name, "").strip().lower().replace("false", "")

    for one in _LONELY:
        if given(one.variable) and not given(one.without):
            yield problem("settings", f"{one.variable} is set and {one.without} is not, so it does nothing", do=one.do)
    if given("REDIS_TLS_CA") and not given("REDIS_URL").startswith("rediss:"):
        yield problem("settings", "REDIS_TLS_CA is set, but REDIS_URL is not rediss://", do="write rediss:// for TLS")
    flags = ("ENABLE_MODEL_DISCOVERY", "ENABLE_PRICING_SCRAPING")
    if all(environ.get(flag, "").strip().lower() == "false" for flag in flags):
        yield problem("settings", f"{' and '.join(flags)} are false: a sync reads nothing", do="switch one of them on")


def _risks(environ: Mapping[str, str]) -> Iterator[Finding]:
    def on(name: str) -> bool:
        return environ.get(name, "").strip().lower() in ("true", "1")

    if on("SCRAPING_ALLOW_PRIVATE"):
        yield warning(
            "settings",
            "SCRAPING_ALLOW_PRIVATE is true: a redirect of a page may lead into your network",
            do="leave it out, unless a provider of yours is there",
        )
    if on("RATECARD_ANONYMOUS_READ") and environ.get("HTTP_HOST", "") not in ("", "127.0.0.1", "::1", "localhost"):
        yield warning(
            "settings",
            "RATECARD_ANONYMOUS_READ is true and the API listens beyond this machine: whoever reaches it can read",
            do="set it to false and make keys with `ratecard keys`",
        )
    if environ.get("ENABLE_AUTO_SYNC", "").strip().lower() == "false":
        yield warning("settings", "ENABLE_AUTO_SYNC is false: nothing is synced by itself", do="set it to true")
