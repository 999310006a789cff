"""Every environment variable of every service as a page of docs/: `python tests/settings_page.py` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_type_hints

import msgspec

from ratecard_discovery.settings import DiscoverySettings
from ratecard_enricher.settings import EnricherSettings
from ratecard_registry.settings import RegistrySettings
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_scraper.settings import ScraperSettings

PAGE: Final = Path(__file__).parents[1] / "docs" / "settings.md"
SERVICES: Final[dict[str, Any]] = {
    "scheduler": SchedulerSettings,
    "discovery": DiscoverySettings,
    "scraper": ScraperSettings,
    "enricher": EnricherSettings,
    "registry-api": RegistrySettings,
}
_HEAD: Final = """\
# Environment variables

Written by `python tests/settings_page.py` from the settings of the services. An empty variable counts as unset; a wrong
value stops the service at its start with one line that names the variable, what it got and what it takes.
The providers' API keys have the names that the provider files give: `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`,
`GOOGLE_API_KEY`, `XAI_API_KEY` ... Without its key a provider's models are not discovered; its pricing page is read.

`HTTP_PORT` 0 is any free port, which the log names; the registry's own default is 8080. Discovery and the scraper heed
`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `SSL_CERT_FILE`; a proxy has to refuse private addresses by itself.

| variable | takes | default | read by |
|---|---|---|---|
"""


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One variable as one service reads it."""

    name: str
    takes: str
    default: str


def variables(kind: Any) -> Iterator[Variable]:
    """Give the variables that a service's settings are read from."""
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from variables(hint)
            continue
        takes = next(item.description for item in hint.__metadata__ if isinstance(item, msgspec.Meta))
        yield Variable(name=field.encode_name, takes=str(takes), default=_shown(field.default))


def page() -> str:
    """Return the page as it should be."""
    found: dict[str, tuple[Variable, list[str]]] = {}
    for service, kind in SERVICES.items():
        for variable in variables(kind):
            found.setdefault(variable.name, (variable, []))[1].append(service)
    rows = (
        f"| `{name}` | {variable.takes} | {variable.default} | {_readers(services)} |\n"
        for name, (variable, services) in sorted(found.items())
    )
    return _HEAD + "".join(rows)


def _readers(services: list[str]) -> str:
    return "all" if len(services) == len(SERVICES) else ", ".join(services)


def _shown(default: Any) -> str:
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
