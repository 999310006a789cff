"""What may be stored as a scraping configuration, and what it would read on a page: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from pricing_pages import Priced, html_columns
from scraping_configs import PRIVATE, configurations, invalid

from ratecard_pages.settings_check import pricing_faults
from ratecard_providers.addresses import url_fault
from ratecard_providers.load import load_providers, read_pricing, with_addresses
from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Expectations, Provider
from ratecard_registry.scraping_candidate import CandidateError, as_config, candidate
from ratecard_registry.scraping_trial import InForce, Known, SavedPage, TrialView, try_out
from ratecard_shared.codec import decode, encode
from ratecard_shared.events import SyncStarted

URL = "https://prices.example/models"
SWIFT = Priced(name="Swift 1", input=Decimal("1.25"), cached_input=Decimal("0.5"), output=Decimal(10))
SLOW = Priced(name="Slow 2", input=Decimal(3), cached_input=Decimal("0.3"), output=Decimal(12))
TODAY = date(2031, 3, 1)


@pytest.mark.parametrize("host", PRIVATE)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(host: str) -> None:
    assert url_fault(f"https://{host}/prices", allow_private=False)
    assert url_fault(f"https://{host}:443/prices", allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://prices.example/",
            "ftp://prices.example/",
            "file:///etc/passwd",
            "gopher://prices.example/",
            "prices",
        ),
        *("https://prices.example:8443/", "https://prices.example:80/", "https://prices.example:0/", "https:///prices"),
        *("https://me@prices.example/", "https://:secret@prices.example/", "https://prices.example:99999/"),
        *("https://prices.example\\@127.0.0.1/", "https://prices.example/a b", "https://prices.example/\n", ""),
        "https://127.0.0.1#@prices.example/",
    ],
)
def test_only_plain_https_is_taken(url: str) -> None:
    assert url_fault(url, allow_private=False)


@pytest.mark.parametrize(
    "url", [URL, "https://93.184.215.14/prices", "https://[2606:4700::1111]/", "https://münchen.de/"]
)
def test_public_addresses_are_taken(url: str) -> None:
    assert url_fault(url, allow_private=False) is None


def test_an_operator_can_allow_private_addresses_but_no_secrets_in_them() -> None:
    assert url_fault("http://127.0.0.1:9000/prices", allow_private=True) is None
    assert url_fault("http://me:secret@127.0.0.1:9000/prices", allow_private=True)
    assert url_fault("file:///etc/passwd", allow_private=True)


@pytest.mark.parametrize("pricing", [one.pricing for one in load_providers().values() if one.pricing])
def test_what_a_file_says_can_be_stored_as_it_is(pricing: Pricing) -> None:
    config = as_config(pricing)
    assert candidate(msgspec.json.decode(msgspec.json.encode(config)), allow_private=False) == pricing
    assert "cards" not in str(config) or any(page.cards for page in pricing.pages)


@given(configurations())
def test_a_configuration_comes_through_the_event_unchanged(pricing: Pricing) -> None:
    started = SyncStarted(
        event_id="e",
        sync_id="s",
        occurred_at=datetime(2031, 3, 1, tzinfo=UTC),
        provider="acme",
        deadline=datetime(2031, 3, 2, tzinfo=UTC),
        scraping_config=as_config(pricing),
    )
    came = decode(encode(started), SyncStarted)
    assert read_pricing(came.scraping_config) == pricing
    assert not list(pricing_faults(pricing))


@given(invalid())
def test_an_error_names_the_field(fault: tuple[str, Any]) -> None:
    named, config = fault
    with pytest.raises(CandidateError) as error:
        candidate(config, allow_private=False)
    assert any(named in said for said in error.value.faults)
    assert all("pricing." not in said for said in error.value.faults)


def test_an_unknown_field_s_error_says_what_there_is() -> None:
    with pytest.raises(CandidateError, match=r"`pages\[0\]`.*unknown field `selector`; it takes .*strategies"):
        candidate({"pages": [{"url": URL, "strategies": ["columns"], "selector": "table"}]}, allow_private=False)


def test_columns_by_number_are_refused_with_what_to_write_instead() -> None:
    selectors = {"table": "table", "modelNameColumn": 0, "inputCostColumn": 1, "outputCostColumn": 2}
    with pytest.raises(CandidateError, match="columns by number are not taken") as error:
        candidate({"url": URL, "selectors": selectors, "fallbackSelectors": [selectors]}, allow_private=False)
    instead = error.value.write_instead
    assert instead is not None
    assert candidate(instead, allow_private=False).pages[0].url == URL


@pytest.mark.parametrize("scale", ["NaN", "Infinity", "0", "-1", "1e99999"])
def test_a_scale_is_a_number_that_money_can_be_multiplied_with(scale: str) -> None:
    page = {
        "url": URL,
        "strategies": ["records"],
        "records": [{"where": ["a"], "rates": {"input": "a"}, "scale": scale}],
    }
    with pytest.raises(CandidateError, match="scale"):
        candidate({"pages": [page]}, allow_private=False)


def test_a_nul_and_too_many_pages_are_refused() -> None:
    with pytest.raises(CandidateError, match="NUL"):
        candidate({"pages": [{"url": URL, "strategies": ["columns"], "words": {"a\0": "input"}}]}, allow_private=False)
    many = [{"url": f"{URL}/{number}", "strategies": ["columns"]} for number in range(21)]
    with pytest.raises(CandidateError, match="too many"):
        candidate({"pages": many}, allow_private=False)


def test_a_stored_configuration_is_asked_where_the_file_s_is() -> None:
    pricing = Pricing(pages=(Page(url=URL, strategies=("columns",)),))
    moved = with_addresses(pricing, {"https://prices.example": "http://127.0.0.1:9/acme"})
    assert moved.pages[0].url == "http://127.0.0.1:9/acme/models"


def trial(pricing: Pricing, *models: Priced, known: Known | None = None, fewest: int = 1) -> TrialView:
    provider = Provider(id="acme", name="Acme", expect=Expectations(fewest_prices=fewest))
    saved = SavedPage(
        url=URL, sha256="a" * 64, body=html_columns(models).encode(), fetched_at=datetime(2031, 3, 1, tzinfo=UTC)
    )
    return try_out(provider, pricing, {URL: saved}, known or Known(), TODAY, whole=True)


COLUMNS = Pricing(pages=(Page(url=URL, strategies=("columns",)),))


def in_force(model_id: str, rates: dict[str, str], *, url: str = URL) -> InForce:
    amounts = {name: Decimal(amount) for name, amount in rates.items()}
    return InForce(model_id=model_id, key=("standard", 0, "USD", "global"), rates=amounts, free=False, url=url)


def test_a_trial_says_what_would_be_read_and_what_differs() -> None:
    prices = (
        in_force("swift-1", {"input": "1.00", "cached_input": "0.5", "output": "10"}),
        in_force("old-1", {"input": "1"}),
        in_force("listed-1", {"input": "1"}, url="https://api.acme.example/models"),
    )
    known = Known(prices=prices, names={"swift-1": (), "slow-2": ("Slow 2",), "old-1": (), "listed-1": ()})
    said = trial(COLUMNS, SWIFT, SLOW, known=known)
    assert (said.passes, said.tried, said.errors, said.unmatched_names) == (True, True, (), ())
    assert [(row.name, row.rates["input"], row.rates["cachedInput"]) for row in said.rows] == [
        ("Swift 1", Decimal("1.25"), Decimal("0.5")),
        ("Slow 2", Decimal(3), Decimal("0.3")),
    ]
    assert all("$" in row.evidence for row in said.rows)
    assert [(one.kind, one.model_id) for one in said.differences] == [
        ("gone", "old-1"),
        ("new", "slow-2"),
        ("changed", "swift-1"),
    ]
    changed = said.differences[-1]
    assert (changed.in_force or {})["input"] == Decimal("1.00")
    assert (changed.read or {})["input"] == Decimal("1.25")


def test_a_name_that_is_no_model_s_is_named() -> None:
    assert trial(COLUMNS, SWIFT, SLOW, known=Known(names={"swift-1": ()})).unmatched_names == ("Slow 2",)


def test_a_trial_fails_without_a_price_or_with_too_few() -> None:
    wrong = trial(Pricing(pages=(Page(url=URL, strategies=("bands",)),)), SWIFT)
    assert (wrong.passes, wrong.rows) == (False, ())
    assert wrong.pages[0].error
    few = trial(COLUMNS, SWIFT, fewest=2)
    assert not few.passes
    assert "1 prices are read, and at least 2 are expected" in few.errors[0]


def test_a_page_that_was_never_fetched_is_no_fault_and_a_spare_one_is_left_alone() -> None:
    never = Page(url="https://prices.example/new", strategies=("columns",))
    said = trial(Pricing(pages=(never, *COLUMNS.pages)), SWIFT, fewest=5)
    assert (said.passes, [page.sha256 is None for page in said.pages]) == (True, [True, False])
    spare = Page(url="https://prices.example/spare", strategies=("columns",), spare=True)
    assert len(trial(Pricing(pages=(*COLUMNS.pages, spare)), SWIFT).pages) == 1
