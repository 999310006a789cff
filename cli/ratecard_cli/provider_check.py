"""What is wrong with a provider file, and what a saved page gives when it is read as the file says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ratecard_pages import PageReading
from ratecard_pages.settings_check import pricing_faults
from ratecard_providers.endpoint import ModelList
from ratecard_providers.load import ProviderFileError, load_provider
from ratecard_providers.spec import Provider
from ratecard_shared.prices import UNITS

_ID: Final = "abcdefghijklmnopqrstuvwxyz0123456789-"


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A provider file and its faults."""

    file: str
    provider: str | None
    faults: tuple[str, ...]


def checked(path: Path) -> tuple[Checked, Provider | None]:
    """Return what is wrong with the file, and what it says if it has the right form."""
    try:
        provider = load_provider(path)
    except ProviderFileError as error:
        return Checked(file=str(path), provider=None, faults=(str(error).removeprefix(f"{path}: "),)), None
    return Checked(file=str(path), provider=provider.id, faults=tuple(faults(provider))), provider


def faults(provider: Provider) -> Iterator[str]:
    """Give what is wrong with a file that has the right form."""
    if not provider.id or set(provider.id) - set(_ID):
        yield f"`id`: {provider.id!r} takes small letters, digits and dashes: it stands in keys and addresses"
    if provider.models is None and provider.pricing is None:
        yield "it says neither where models are listed (`models`) nor where prices stand (`pricing`)"
    if provider.pricing is not None:
        yield from pricing_faults(provider.pricing)
    if provider.models is not None:
        for number, part in enumerate((provider.models, *provider.models.also)):
            yield from _list_faults(part, "models" if not number else f"models.also[{number - 1}]")
    yield from _alias_faults(provider)


def _list_faults(part: ModelList, where: str) -> Iterator[str]:
    if part.prices is None:
        return
    for name in dict.fromkeys((*part.prices.rates, *part.prices.times_for)):
        if name not in UNITS:
            yield f"`{where}.prices`: {name!r} is no component; they are {', '.join(UNITS)}"
    if bool(part.prices.bands) != bool(part.prices.above):
        yield f"`{where}.prices.bands`: `bands` and `above` go together"


def _alias_faults(provider: Provider) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for number, alias in enumerate(provider.aliases):
        if not alias.source.startswith(("https://", "http://")):
            yield f"`aliases[{number}].source`: {alias.source!r} is not the address of the page that says so"
        if (alias.id, alias.name) in seen:
            yield f"`aliases[{number}]`: {alias.id!r} is said to be {alias.name!r} twice"
        seen.add((alias.id, alias.name))


def dry_run_fault(provider: Provider, reading: PageReading) -> str | None:
    """Return why a sync would take nothing from the page, or None."""
    if not reading.prices:
        return f"no price was read: {reading.refused[0].reason}" if reading.refused else "no price was read"
    due = provider.expect.fewest_prices
    if len(reading.prices) < due and provider.pricing is not None and len(provider.pricing.pages) == 1:
        return f"only {len(reading.prices)} prices were read, `expect.fewest_prices` is {due}"
    return None
