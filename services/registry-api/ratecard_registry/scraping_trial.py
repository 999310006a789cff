"""What a scraping configuration would read on saved pages, beside the prices in force. Pure: nothing is fetched.

A page that is marked as spare is read only where those before it gave no price, as in a sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from ratecard_match import match_all, one_spelling
from ratecard_pages import PageReading, read_page
from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_registry.views import View, camel
from ratecard_shared.prices import PriceRow

_SHOWN_REFUSALS: Final = 50
Key = tuple[str, int, str, str]


class SavedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes of a page, and where and when they were fetched."""

    url: str
    sha256: str
    body: bytes
    fetched_at: datetime


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """A price that is in force; `url` is the page that it was read from."""

    model_id: str
    key: Key
    rates: dict[str, Decimal]
    free: bool
    url: str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the provider: its prices in force, and the names that its models have on pages, by id."""

    prices: tuple[InForce, ...] = ()
    names: dict[str, tuple[str, ...]] = {}


class RefusedPiece(View, frozen=True, kw_only=True):
    """A piece of a page that looked like a price and was not taken, and why."""

    text: str
    reason: str


class PageTrial(View, frozen=True, kw_only=True):
    """How one page was read. `sha256` is null for a page that was never fetched: nothing is said about it then."""

    url: str
    sha256: str | None = None
    fetched_at: datetime | None = None
    strategy: str | None = None
    rows: int = 0
    incomplete: str | None = None
    error: str | None = None
    refused: tuple[RefusedPiece, ...] = ()
    refused_total: int = 0


class TrialRow(View, frozen=True, kw_only=True):
    """A price row as it would be read: rates by component, in the components' units, and the text they stand in."""

    name: str
    tier: str
    context_limit: int
    currency: str
    region: str
    rates: dict[str, Decimal]
    free: bool
    effective_from: date | None
    url: str
    evidence: str


class Difference(View, frozen=True, kw_only=True):
    """A row that is not as it is in force: `changed`, `new` (none is in force) or `gone` (it would not be read)."""

    kind: Literal["changed", "new", "gone"]
    model_id: str
    tier: str
    context_limit: int
    currency: str
    region: str
    in_force: dict[str, Decimal] | None
    read: dict[str, Decimal] | None


class TrialView(View, frozen=True, kw_only=True):
    """The whole trial. `passes` is false if there are `errors`; `tried` is false where no page was there to be read."""

    provider: str
    passes: bool
    tried: bool
    errors: tuple[str, ...]
    pages: tuple[PageTrial, ...]
    rows: tuple[TrialRow, ...]
    differences: tuple[Difference, ...]
    unmatched_names: tuple[str, ...]


def try_out(
    provider: Provider, pricing: Pricing, saved: Mapping[str, SavedPage], known: Known, today: date, *, whole: bool
) -> TrialView:
    """Read each page of the configuration whose bytes are in `saved`, by URL. `whole`: these are all its pages."""
    pages: list[PageTrial] = []
    rows: list[PriceRow] = []
    for page in pricing.pages:
        if not (page.spare and rows):
            shown, read = _read(provider, pricing, page.url, saved.get(page.url))
            pages.append(shown)
            rows += read
    errors = [f"{page.url}: {page.error}" for page in pages if page.error]
    if whole:
        errors += _too_few(provider, pages, len(rows))
    read_from = {page.url for page in pages if page.sha256}
    ids, unmatched = _matched(provider, rows, known)
    return TrialView(
        provider=provider.id,
        passes=not errors,
        tried=bool(read_from),
        errors=tuple(errors),
        pages=tuple(pages),
        rows=tuple(map(_row, rows)),
        differences=tuple(_differences(_holding(rows, today), ids, known.prices, read_from)),
        unmatched_names=unmatched,
    )


def _read(
    provider: Provider, pricing: Pricing, url: str, saved: SavedPage | None
) -> tuple[PageTrial, Sequence[PriceRow]]:
    if saved is None:
        return PageTrial(url=url), ()
    reading = read_page(saved.body, url=url, provider=provider, fetched_at=saved.fetched_at, pricing=pricing)
    return PageTrial(
        url=url,
        sha256=saved.sha256,
        fetched_at=saved.fetched_at,
        strategy=reading.strategy,
        rows=len(reading.prices),
        incomplete=reading.incomplete,
        error=_why_none(reading),
        refused=tuple(RefusedPiece(text=one.text, reason=one.reason) for one in reading.refused[:_SHOWN_REFUSALS]),
        refused_total=len(reading.refused),
    ), reading.prices


def _why_none(reading: PageReading) -> str | None:
    if reading.prices:
        return None
    why = f": {reading.refused[0].reason}" if reading.refused else ""
    return f"no strategy finds a price on it{why}"


def _too_few(provider: Provider, pages: Sequence[PageTrial], count: int) -> Iterator[str]:
    due = provider.expect.fewest_prices
    if count < due and pages and all(page.sha256 for page in pages):
        yield f"{count} prices are read, and at least {due} are expected (`expect.fewest_prices` of the provider file)"


def _matched(
    provider: Provider, rows: Sequence[PriceRow], known: Known
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Return for each name on the pages the ids of its models, and the names that are no model's."""
    spelling = one_spelling(row.name for row in rows)
    names = sorted(set(spelling.values()))
    documented = provider.documented_names
    aliases = {model_id: (*documented.get(model_id, ()), *also) for model_id, also in known.names.items()}
    ids: dict[str, list[str]] = defaultdict(list)
    for model_id, found in match_all(known.names, names, aliases=aliases, provider=provider.id).items():
        if found.answer is not None:
            ids[found.answer].append(model_id)
    unmatched = tuple(name for name in names if name not in ids)
    return {text: ids[name] for text, name in spelling.items() if name in ids}, unmatched


def _holding(rows: Iterable[PriceRow], today: date) -> Iterator[PriceRow]:
    for row in rows:
        begun = row.effective_from is None or row.effective_from <= today
        if begun and (row.effective_until is None or row.effective_until >= today):
            yield row


def _differences(
    rows: Iterable[PriceRow], ids: Mapping[str, Sequence[str]], prices: Iterable[InForce], read_from: set[str]
) -> Iterator[Difference]:
    read = {(model_id, row.key): row for row in rows for model_id in ids.get(row.name, ())}
    in_force = {(price.model_id, price.key): price for price in prices}
    for place in sorted(read.keys() | in_force.keys()):
        row, price = read.get(place), in_force.get(place)
        if row is None and price is not None and price.url in read_from:
            yield _difference("gone", place, price.rates, None)
        elif row is not None and price is None:
            yield _difference("new", place, None, row.rates)
        elif row is not None and price is not None and (row.rates, row.free) != (price.rates, price.free):
            yield _difference("changed", place, price.rates, row.rates)


def _difference(kind: Any, place: tuple[str, Key], in_force: Any, read: Any) -> Difference:
    model_id, (tier, above, currency, region) = place
    return Difference(
        kind=kind,
        model_id=model_id,
        tier=tier,
        context_limit=above,
        currency=currency,
        region=region,
        in_force=_shown(in_force),
        read=_shown(read),
    )


def _row(row: PriceRow) -> TrialRow:
    return TrialRow(
        name=row.name,
        tier=row.tier,
        context_limit=row.above_tokens,
        currency=row.currency,
        region=row.region,
        rates=_shown(row.rates) or {},
        free=row.free,
        effective_from=row.effective_from,
        url=row.evidence.url if row.evidence else "",
        evidence=row.evidence.text if row.evidence else "",
    )


def _shown(rates: Mapping[str, Decimal] | None) -> dict[str, Decimal] | None:
    return None if rates is None else {camel(name): amount for name, amount in rates.items()}
