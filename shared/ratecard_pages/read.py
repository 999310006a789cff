"""Pure: bytes of a page and a provider file make price rows or named refusals. Never raises, whatever the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from ratecard_pages.assemble import Source, assemble
from ratecard_pages.bands import thresholds
from ratecard_pages.context import page_currency
from ratecard_pages.document import Document, read_document
from ratecard_pages.facts import Scope, TornRefusal, Trace, refusal
from ratecard_pages.reading import PageReading
from ratecard_pages.rules import find_rules
from ratecard_pages.strategies import NAMES, PageSource, attempt
from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_shared.prices import Evidence

_MOST_REFUSALS: Final = 500


def read_page(
    body: bytes, *, url: str, provider: Provider, fetched_at: datetime, pricing: Pricing | None = None
) -> PageReading:
    """Read a pricing page with the provider's strategies, in their order, until one gives prices.

    `pricing` overrides the provider file's. A URL that is none of the provider's pages (a saved file) is tried with
    the strategies of every page. A page without prices gives no rows and at least one refusal that says why.
    """
    spec = pricing or provider.pricing
    if spec is None:
        return _nothing(f"the provider file of {provider.id} has no pricing pages", "")
    document = read_document(body)
    if not document.text.strip():
        return _nothing("the page is empty", "")
    evidence = Evidence(url=url, fetched_at=fetched_at, sha256=hashlib.sha256(body).hexdigest(), strategy="", text="")
    failed: list[PageReading] = []
    stated = (_long_context(document.text), page_currency(document.text))
    root = None
    for page in _candidates(spec, url):
        source = PageSource(document, _scope(page, spec, *stated), root)
        root = source.root if page.grid is None else root
        for strategy in page.strategies:
            reading = _try(strategy, source, evidence)
            if reading.prices:
                return _with_trace(reading, failed)
            failed.append(reading)
    return _failed(failed, document)


def _candidates(spec: Pricing, url: str) -> Iterator[Page]:
    exact = [page for page in spec.pages if page.url.rstrip("/") == url.split("#", maxsplit=1)[0].rstrip("/")]
    yield from exact or spec.pages


def _scope(page: Page, spec: Pricing, long_context: int | None, stated_currency: str | None) -> Scope:
    return Scope(
        page=page,
        currency=page.currency or spec.currency,
        long_context=long_context,
        page_currency=stated_currency,
    )


def _long_context(text: str) -> int | None:
    """The number of tokens that the page compares with, if it is one."""
    found = thresholds(text)
    return next(iter(found)) if len(found) == 1 else None


def _try(strategy: str, source: PageSource, evidence: Evidence) -> PageReading:
    unknown = [name for name in strategy.split("+") if name not in NAMES]
    if unknown:
        return _nothing(f"there is no strategy {unknown[0]!r}: it is one of {', '.join(sorted(NAMES))}", strategy)
    try:
        result = attempt(strategy, source)
    except Exception as error:  # noqa: BLE001 - whatever the bytes were, the caller gets a named refusal
        return _nothing(f"strategy {strategy!r} failed on the page: {type(error).__name__}: {error}"[:300], strategy)
    texts = source.texts if result.facts else {}
    rows, refused = assemble(result.facts, Source(evidence=evidence, texts=texts))
    refusals = tuple(dict.fromkeys([*result.refused, *refused]))[:_MOST_REFUSALS]
    rules = find_rules(prose.text for prose in source.walked.blocks.prose) if rows else ()
    broken = next((no.reason for no in result.refused if isinstance(no, TornRefusal)), None)
    return PageReading(
        strategy=strategy if rows else None,
        prices=tuple(rows),
        refused=refusals,
        rules=rules,
        trace=result.trace,
        incomplete=source.document.cut or broken,
    )


def _with_trace(reading: PageReading, failed: list[PageReading]) -> PageReading:
    earlier = tuple(line for attempt_ in failed for line in attempt_.trace)
    return msgspec.structs.replace(reading, trace=earlier + reading.trace)


def _failed(failed: list[PageReading], document: Document) -> PageReading:
    refused = tuple(dict.fromkeys(refusal_ for attempt_ in failed for refusal_ in attempt_.refused))
    why = refusal(document.text[:200], "no configured strategy found a price on the page")
    trace = tuple(line for attempt_ in failed for line in attempt_.trace)
    return PageReading(strategy=None, refused=(why, *refused[:_MOST_REFUSALS]), trace=trace)


def _nothing(reason: str, strategy: str) -> PageReading:
    trace = (Trace(strategy=strategy, where="page", result=reason),)
    return PageReading(strategy=None, refused=(refusal("", reason),), trace=trace)
