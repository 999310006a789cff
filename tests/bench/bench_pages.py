"""How fast pages are read and names matched.

The floor of reading is the time that BeautifulSoup with lxml alone takes to parse the same bytes, the fastest of
several turns of each; that of matching the time to parse the names. The pages are those of `../shared/real` if any.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pricing_pages
from bs4 import BeautifulSoup
from results import Result, at_most, told

from ratecard_match import match_all
from ratecard_match.name import parse
from ratecard_pages import read_page
from ratecard_providers.load import load_providers
from ratecard_providers.spec import Provider

REAL: Final = Path(__file__).parents[2].parent / "shared" / "real"
LEAST_BYTES: Final = 50_000
MOST_RATIO: Final = 1.3
MODELS: Final = 100
NAMES: Final = 2_000
_TURNS: Final = 7
_LINK: Final = (
    '<li class="nav__item nav__item--deep"><a class="link" href="/docs/{0}"><svg><path d="M{0} 0h24v24H0z"/></svg>'
)
_REST: Final = "<style>.x{color:red}</style>" * 500 + "".join(
    _LINK.format(n) + f"Guide {n}</a></li>" for n in range(1_000)
)
_NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and how it is read."""

    name: str
    body: bytes
    url: str
    provider: Provider

    def read(self) -> int:
        """Read the page and return how many rows it has."""
        return len(read_page(self.body, url=self.url, provider=self.provider, fetched_at=_NOW).prices)

    def parse(self) -> Any:
        """Parse the page and do nothing with it."""
        return BeautifulSoup(self.body, "lxml")


def real_pages() -> Iterator[Case]:
    """Give the saved pages of the providers that have a file."""
    known = load_providers()
    for path in sorted(REAL.glob("*/pricing-page/*.html")):
        provider = known.get(path.parts[-3])
        if path.stat().st_size >= LEAST_BYTES and provider is not None and provider.pricing is not None:
            cases = [
                Case(name=f"{provider.id}: {path.stem[:44]}", body=path.read_bytes(), url=page.url, provider=provider)
                for page in provider.pricing.pages
            ]
            yield max(cases, key=Case.read)  # a saved page does not say which of the addresses it came from


def made_up_pages() -> Iterator[Case]:
    """Give pages of made-up models, in shapes that are HTML, among as much else as real pages have."""
    models = [
        pricing_pages.Priced(
            name=f"Nimbus {number}", input=Decimal(4), cached_input=Decimal(1), output=Decimal(number % 90 + 10)
        )
        for number in range(MODELS)
    ]
    for shape, (write, strategy) in sorted(pricing_pages.SHAPES.items()):
        page = write(models)
        if "<body>" in page:
            body = page.replace("<body>", f"<body>{_REST}").encode()
            provider = pricing_pages.provider(strategy)
            yield Case(name=f"made up: {shape}", body=body, url=pricing_pages.URL, provider=provider)


def fastest(*works: Callable[[], Any]) -> list[float]:
    """Return the seconds that each work takes, the fastest of several turns, taken in turns."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(_TURNS):
        for work, seconds in zip(works, found, strict=True):
            gc.collect()
            began = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - began)
    return [min(seconds) for seconds in found]


def names() -> tuple[list[str], list[str]]:
    """Return ids as APIs have them, dated and not, and the names that a page has for the same models."""
    families = ("nimbus", "swift-air", "heron-coder", "glide", "petrel-vision")
    sizes = ("", "-mini", "-nano", "-pro")
    models = [
        f"{family}-{major}.{minor}{size}"
        for major in range(1, 11)
        for minor in range(10)
        for family in families
        for size in sizes
    ][:NAMES]
    ids = [name if number % 2 else f"{name}-2031{number % 12 + 1:02}01" for number, name in enumerate(models)]
    return ids, [name.replace("-", " ").title() for name in models]


def measure() -> Iterator[Result]:
    """Give the results: pages, then names."""
    for case in list(real_pages()) or list(made_up_pages()):
        parsing, reading = fastest(case.parse, case.read)
        name = f"read {case.name} ({len(case.body) // 1000} KB, {case.read()} rows)"
        yield at_most(MOST_RATIO, name, ours=reading * 1e3, floor=parsing * 1e3, unit="ms")
    ids, on_page = names()
    parsing, matching = fastest(lambda: _parse(ids + on_page), lambda: _match(ids, on_page))
    yield told(f"match {len(ids)} ids with as many names", ours=matching * 1e3, floor=parsing * 1e3, unit="ms")


def _parse(all_names: list[str]) -> None:
    parse.cache_clear()
    for name in all_names:
        parse(name)


def _match(ids: list[str], on_page: list[str]) -> None:
    parse.cache_clear()
    match_all(ids, on_page)
