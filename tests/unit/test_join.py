"""The join of a list and a price list: what each side may say, and what it may not when it is missing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from join_sides import ACME, NOW, URL, listed, priced, row
from msgspec.structs import replace

from ratecard_enricher.join import Joined, join
from ratecard_providers.spec import Alias, Provider
from ratecard_shared.events import (
    DiscoveredModel,
    EnrichedModel,
    ModelsDiscovered,
    PricingScraped,
    SideOutcome,
    Usability,
)
from ratecard_shared.prices import PriceRow

NAMES = st.sampled_from(["zeta-1", "zeta-1.1", "zeta-2", "zeta-2-mini", "quill-3", "quill-3-2026-01-05", "quill-4"])
PRICES = st.sampled_from(["1", "2.50", "30"])
TIERS = st.sampled_from(["standard", "batch"])
SPELLINGS = NAMES | NAMES.map(lambda name: name.replace("-", " ").title())


def _rows(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[PriceRow]]:
    return st.lists(st.builds(lambda name, price, tier: row(name, price, tier=tier), names, PRICES, TIERS), max_size=8)


ROWS = _rows(NAMES)
IDS = st.lists(NAMES, max_size=6, unique=True)


@dataclass(frozen=True)
class Case:
    """The models of a join by id."""

    joined: Joined

    def __getitem__(self, model_id: str) -> EnrichedModel:
        return next(model for model in self.joined.models if model.id == model_id)


@given(IDS, ROWS)
def test_property_09_a_model_without_matching_prices_is_unknown_and_named(ids: list[str], rows: list[PriceRow]) -> None:
    joined = join(ACME, discovered=listed(*ids), scraped=priced(*rows))
    for model in joined.models:
        assert bool(model.prices) != (model.id in joined.unpriced_ids)
        assert model.match is not None or model.prices == ()
        assert all(one in rows for one in model.prices or ())  # nothing is made up, and no zero stands for unknown


@given(st.integers(1, 10**7), st.integers(1, 10**6), IDS, ROWS)
def test_property_15_the_context_window_of_the_api_is_kept(
    window: int, most: int, ids: list[str], rows: list[PriceRow]
) -> None:
    models = [DiscoveredModel(id=one, context_window=window, max_output_tokens=most) for one in ids]
    joined = join(ACME, discovered=listed(*models), scraped=priced(*rows))
    assert [(model.context_window, model.max_output_tokens) for model in joined.models] == [(window, most)] * len(ids)


@given(IDS, _rows(SPELLINGS), st.randoms(use_true_random=False))
def test_the_order_of_either_list_does_not_matter(ids: list[str], rows: list[PriceRow], random: Random) -> None:
    shuffled_ids, shuffled_rows = list(ids), list(rows)
    random.shuffle(shuffled_ids)
    random.shuffle(shuffled_rows)
    one = join(ACME, discovered=listed(*ids), scraped=priced(*rows))
    other = join(ACME, discovered=listed(*shuffled_ids), scraped=priced(*shuffled_rows))
    assert one == other


@given(IDS, ROWS)
def test_every_model_and_every_name_is_accounted_for(ids: list[str], rows: list[PriceRow]) -> None:
    joined = join(ACME, discovered=listed(*ids), scraped=priced(*rows))
    matched = {model.match.name for model in joined.models if model.match}
    assert joined.model_ids == tuple(sorted(ids))
    assert matched.isdisjoint(joined.unmatched_names)
    assert matched | set(joined.unmatched_names) == {one.name for one in rows}


def test_a_page_name_without_a_model_is_reported_and_made_no_model() -> None:
    joined = join(ACME, discovered=listed("zeta-1"), scraped=priced(row("Zeta 1", "2"), row("Zeta 2", "3")))
    assert joined.model_ids == ("zeta-1",)
    assert joined.unmatched_names == ("Zeta 2",)


def test_a_snapshot_and_its_alias_share_the_rows() -> None:
    joined = Case(join(ACME, discovered=listed("zeta-1", "zeta-1-2026-01-05"), scraped=priced(row("Zeta 1", "2"))))
    assert joined["zeta-1"].prices == joined["zeta-1-2026-01-05"].prices == (row("Zeta 1", "2"),)
    match = joined["zeta-1-2026-01-05"].match
    assert match is not None
    assert (match.name, match.method) == ("Zeta 1", "snapshot")


def test_spellings_of_one_name_bring_their_rows_together() -> None:
    rows = (row("Zeta 1 mini", "2"), row("zeta-1-mini", "1", tier="batch"))
    joined = join(ACME, discovered=listed("zeta-1-mini-2026-01-05"), scraped=priced(*rows))
    assert joined.models[0].prices == (rows[1], rows[0])
    assert joined.unmatched_names == ()


def test_a_name_of_the_provider_file_or_of_the_api_leads_to_the_rows() -> None:
    provider = replace(ACME, aliases=(Alias(id="zeta-max", name="Grand", source="https://acme.test/docs"),))
    models = (DiscoveredModel(id="zeta-max"), DiscoveredModel(id="zeta-0709", aliases=("quill", "quill-latest")))
    joined = Case(join(provider, discovered=listed(*models), scraped=priced(row("Grand", "2"), row("Quill", "3"))))
    assert joined["zeta-max"].prices == (row("Grand", "2"),)
    assert joined["zeta-0709"].prices == (row("Quill", "3"),)


@pytest.mark.parametrize("scraped", [None, priced(outcome=SideOutcome.FAILED), priced(outcome=SideOutcome.DISABLED)])
def test_without_a_price_list_no_price_is_told(scraped: PricingScraped | None) -> None:
    joined = join(ACME, discovered=listed("zeta-1"), scraped=scraped)
    assert joined.models[0].prices is None
    assert joined.unpriced_ids == ()


def test_without_a_price_list_the_api_still_tells_its_prices() -> None:
    stated = row("zeta-1", "2", source="https://api.acme.test")
    joined = join(ACME, discovered=listed(DiscoveredModel(id="zeta-1", prices=(stated,))), scraped=None)
    assert joined.models[0].prices == (stated,)


@pytest.mark.parametrize("discovered", [None, listed(outcome=SideOutcome.FAILED), listed(outcome=SideOutcome.DISABLED)])
def test_without_a_list_the_ids_of_the_last_one_are_priced(discovered: ModelsDiscovered | None) -> None:
    scraped = priced(row("Zeta 1", "2"), row("Zeta 9", "3"))
    joined = join(ACME, discovered=discovered, scraped=scraped, known_ids=("zeta-1", "zeta-2"))
    assert [(model.id, model.prices, model.found_on_page) for model in joined.models] == [
        ("zeta-1", (row("Zeta 1", "2"),), True),
        ("zeta-2", (), True),
    ]
    assert joined.unmatched_names == ("Zeta 9",)


@pytest.mark.parametrize("discovered", [None, listed(outcome=SideOutcome.FAILED), listed(outcome=SideOutcome.DISABLED)])
def test_where_no_list_was_ever_known_the_page_names_the_models(discovered: ModelsDiscovered | None) -> None:
    joined = join(ACME, discovered=discovered, scraped=priced(row("Zeta 1 Preview", "2")))
    model = joined.models[0]
    assert (model.id, model.found_on_page, model.usability) == ("Zeta 1 Preview", True, Usability.PREVIEW)
    assert model.prices == (row("Zeta 1 Preview", "2"),)


def test_a_whole_list_makes_no_model_of_an_earlier_one() -> None:
    joined = join(ACME, discovered=listed("zeta-1"), scraped=priced(), known_ids=("zeta-0",))
    assert joined.model_ids == ("zeta-1",)
    assert not joined.models[0].found_on_page


def test_a_page_that_could_not_be_read_leaves_the_unmatched_unknown() -> None:
    scraped = priced(row("Zeta 1", "2"), broken_page="https://acme.test/more")
    joined = Case(join(ACME, discovered=listed("zeta-1", "zeta-2"), scraped=scraped))
    assert joined["zeta-1"].prices == (row("Zeta 1", "2"),)
    assert joined["zeta-2"].prices is None
    assert [(one.stage, one.error) for one in joined.joined.errors] == [
        ("pricing", "https://acme.test/more: no table on it")
    ]


def test_a_page_that_is_cut_leaves_the_unmatched_unknown_and_its_prices_count() -> None:
    scraped = priced(row("Zeta 1", "2"))
    cut = replace(scraped, pages=(replace(scraped.pages[0], complete=False),))
    joined = Case(join(ACME, discovered=listed("zeta-1", "zeta-2"), scraped=cut))
    assert joined["zeta-1"].prices == (row("Zeta 1", "2"),)
    assert joined["zeta-2"].prices is None
    assert joined.joined.errors == ()


def test_sides_that_failed_or_were_silent_are_errors_and_disabled_is_none() -> None:
    joined = join(ACME, discovered=listed(outcome=SideOutcome.FAILED), scraped=None)
    assert [one.stage for one in joined.errors] == ["discovery", "pricing"]
    assert joined.errors[0].error == "the key was refused: set ACME_API_KEY"
    assert (joined.discovery.outcome, joined.pricing.outcome) == ("failed", "missing")
    disabled = join(ACME, discovered=listed(outcome=SideOutcome.DISABLED), scraped=priced(row("Zeta 1", "2")))
    assert disabled.errors == ()


def test_rows_that_disagree_are_dropped_and_told_and_the_others_stay() -> None:
    rows = (row("Zeta 1", "2"), row("zeta-1", "3"), row("Zeta 1", "1", tier="batch"))
    joined = join(ACME, discovered=listed("zeta-1", "zeta-1-2026-01-05"), scraped=priced(*rows))
    assert [model.prices for model in joined.models] == [(rows[2],), (rows[2],)]
    assert [(one.stage, one.error) for one in joined.errors] == [
        ("enrichment", "the page states different prices for Zeta 1 (standard, USD, global): none of them is taken")
    ]


def test_a_model_all_of_whose_rows_disagree_keeps_its_last_good_prices() -> None:
    joined = join(ACME, discovered=listed("zeta-1"), scraped=priced(row("Zeta 1", "2"), row("Zeta 1", "3")))
    assert joined.models[0].prices is None
    assert joined.unpriced_ids == ("zeta-1",)


def test_the_page_wins_over_the_api_which_fills_gaps() -> None:
    api = "https://api.acme.test"
    stated = (row("zeta-1", "9", source=api), row("zeta-1", "1", tier="batch", source=api))
    model = DiscoveredModel(id="zeta-1", prices=stated)
    joined = join(ACME, discovered=listed(model), scraped=priced(row("Zeta 1", "2")))
    assert joined.models[0].prices == (stated[1], row("Zeta 1", "2"))
    (error,) = joined.errors
    assert error.stage == "enrichment"
    assert error.error.startswith("the page and the API disagree about input of zeta-1 (standard, USD, global): 2 on")


def test_dated_rows_of_one_key_are_no_contradiction() -> None:
    now, later = row("Zeta 1", "2"), replace(row("Zeta 1", "3"), effective_from=NOW.date())
    joined = join(ACME, discovered=listed("zeta-1"), scraped=priced(later, now))
    assert joined.models[0].prices == (now, later)


def test_of_a_model_listed_twice_the_fullest_entry_counts() -> None:
    bare, full = DiscoveredModel(id="zeta-1"), DiscoveredModel(id="zeta-1", display_name="Zeta", context_window=8192)
    for models in ((bare, full), (full, bare)):
        joined = join(ACME, discovered=listed(*models), scraped=None)
        assert [(model.display_name, model.context_window) for model in joined.models] == [("Zeta", 8192)]


def test_what_the_closing_event_says_comes_from_both_sides() -> None:
    joined = join(Provider(id="acme", name="Acme"), discovered=listed("zeta-1"), scraped=priced(row("Zeta 1", "2")))
    assert (joined.discovery.count, joined.pricing.count) == (1, 1)
    assert [page.url for page in joined.pages] == [URL]
    assert joined.models[0].prices is not None
    assert joined.models[0].prices[0].rates == {"input": Decimal(2)}
