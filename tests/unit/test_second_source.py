"""The API's own prices go along as a second source where the price itself was taken from a page."""

from __future__ import annotations

from join_sides import ACME, listed, priced, row

from ratecard_enricher.join import join
from ratecard_shared.events import DiscoveredModel


def test_the_apis_price_stands_beside_the_pages() -> None:
    stated = row("zeta-1", "2.50")
    model = DiscoveredModel(id="zeta-1", prices=(stated, row("zeta-1", "9", tier="batch")))
    joined = join(ACME, discovered=listed(model), scraped=priced(row("zeta-1", "2.60")))
    (second,) = joined.stated["zeta-1"]
    assert (second.rates, second.tier, second.evidence) == (stated.rates, "standard", None)


def test_a_price_of_the_api_does_not_confirm_itself() -> None:
    model = DiscoveredModel(id="zeta-1", prices=(row("zeta-1", "2.50"),))
    assert join(ACME, discovered=listed(model), scraped=priced()).stated == {}
