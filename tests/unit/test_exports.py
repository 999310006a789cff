"""The exports' pure modules: exact figures, no price that is not known, nothing that a format would say wrongly."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_events import START

from ratecard_providers.load import load_providers
from ratecard_registry import views
from ratecard_registry.exports import genai_prices, litellm, llm_prices, models_dev, openrouter, price_rows
from ratecard_registry.exports.llm_prices import Past
from ratecard_registry.exports.money import divided, per_token, plain
from ratecard_registry.exports.naming import Names
from ratecard_registry.exports.overlay import overlay
from ratecard_registry.stored import Price
from ratecard_registry.views import FactsView, ModelView
from ratecard_shared.events import Capability, Usability
from ratecard_shared.prices import UNITS

NAMES = Names(providers=load_providers())
AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=9)
RATES = st.dictionaries(st.sampled_from(sorted(UNITS)), AMOUNTS, max_size=8)
TIERS = st.sampled_from(("standard", "batch", "flex", "priority", "fast"))
BANDS = st.sampled_from((0, 128_000, 200_000, 272_000))
CURRENCIES = st.sampled_from(("USD", "USD", "USD", "CNY"))


def a_price(tier: str = "standard", above: int = 0, currency: str = "USD", **rates: str | Decimal) -> Price:
    return Price(
        tier=tier,
        above_tokens=above,
        currency=currency,
        region="global",
        rates={name: Decimal(rate) for name, rate in rates.items()},
        effective_date=START,
    )


def a_model(name: str = "swift", *prices: Price, provider: str = "acme", **fields: Any) -> ModelView:
    known: dict[str, Any] = {
        "id": name,
        "provider": provider,
        "display_name": name.title(),
        "classification": ("chat",),
        "context_window": 1000,
        "max_output_tokens": 100,
        "usability": Usability.AVAILABLE,
        "capabilities": (Capability(type="chat"),),
        "aliases": (),
        "shutdown_date": None,
        "discovered_at": START,
        "updated_at": START,
        "deprecated_at": None,
        "revision": 1,
        "found_on_page": False,
        "match": None,
    }
    return views.whole(FactsView(**{**known, **fields}), views.pricing_view(prices))


@st.composite
def models(draw: st.DrawFn) -> ModelView:
    keys = draw(st.lists(st.tuples(TIERS, BANDS, CURRENCIES), unique=True, max_size=8))
    prices = [a_price(tier, above, currency, **draw(RATES)) for tier, above, currency in keys]
    provider = draw(st.sampled_from(("acme", "openai", "google", "alibaba")))
    return a_model(
        "swift", *prices, provider=provider, classification=draw(st.sampled_from((("chat",), ("embedding",))))
    )


def numbers(value: Any) -> list[Decimal]:
    """Return every number in a document, but sizes and dates of models."""
    if isinstance(value, dict):
        about = {"context_window", "limit", "max_tokens", "max_input_tokens", "max_output_tokens", "start", "tier"}
        return [one for key, item in value.items() if key not in about for one in numbers(item)]
    if isinstance(value, list):
        return [one for item in value for one in numbers(item)]
    return [] if isinstance(value, str | bool) or value is None else [Decimal(value)]


def read(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


@given(AMOUNTS)
def test_a_million_tokens_cost_exactly_the_rate(amount: Decimal) -> None:
    said = plain(per_token(amount))
    assert "E" not in said.upper()
    assert Decimal(said) * 1_000_000 == amount


@given(AMOUNTS)
def test_a_quotient_is_exact_or_none(amount: Decimal) -> None:
    second = divided(amount, 60)
    assert second is None or second * 60 == amount


@given(models())
def test_no_export_says_a_figure_that_the_model_does_not_have(model: ModelView) -> None:
    rates = [rate for row in model.pricing if row.currency == "USD" for rate in _all_rates(row)]
    whole, parts = {*rates, *(rate * 60 for rate in rates)}, {rate / 1_000_000 for rate in rates}
    genai = genai_prices.document([model], NAMES)
    assert set(numbers(read(genai.body))) <= whole
    seconds = {rate / 60 for rate in rates}
    assert set(numbers(read(litellm.document([model], NAMES).body))) <= parts | seconds | set(rates)
    assert set(numbers(read(models_dev.document([model], NAMES).body))) <= whole
    assert set(numbers(read(llm_prices.current([model]).body))) <= whole


def _all_rates(row: views.PriceView) -> list[Decimal]:
    named = (row.input_cost_per_million, row.output_cost_per_million)
    return [rate for rate in named if rate is not None] + [rate.amount for rate in row.rates.values()]


@given(models())
def test_a_model_is_in_an_export_or_counted(model: ModelView) -> None:
    said: dict[str, tuple[Any, Mapping[Any, int]]] = {}
    for name, made in (
        ("litellm", litellm.document([model], NAMES)),
        ("models.dev", models_dev.document([model], NAMES)),
        ("openrouter", openrouter.document([model], NAMES)),
        ("genai", genai_prices.document([model], NAMES)),
    ):
        said[name] = (read(made.body), made.left_out)
    for name, (document, left_out) in said.items():
        assert bool(document) != bool(left_out), name


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ([], "unknown-price"),
        ([a_price(input="1")], "unknown-price"),
        ([a_price(tier="batch", input="1", output="2")], "unknown-price"),
        ([a_price(currency="CNY", input="1", output="2")], "currency"),
        ([a_price(cache_storage_hour="1")], "unit"),
        ([a_price(above=5, input="1", output="2")], "band"),
        ([a_price(input="1", output="2"), a_price(above=5, input="1")], "band"),
    ],
)
def test_what_cannot_be_said_is_counted_with_its_reason(prices: list[Price], reason: str) -> None:
    for made in (litellm.document([a_model("swift", *prices)], NAMES), llm_prices.current([a_model("swift", *prices)])):
        assert made.left_out_header == f"1; {reason}=1"


@pytest.mark.parametrize("part", ["cached_input", "cache_write_1h", "audio_input", "image_input"])
def test_no_client_charges_the_base_band_s_price_where_a_band_has_none(part: str) -> None:
    names = {"input", "output", "cached_input", "cache_write", "cache_write_1h", part}
    names |= set() if "cache" in part else {f"{part.partition('_')[0]}_cached_input"}
    base = dict.fromkeys(names, Decimal(1))
    long = {name: rate for name, rate in base.items() if name != part}
    rows = (msgspec.structs.replace(a_price(above=above), rates=rates) for above, rates in ((0, base), (200_000, long)))
    model = a_model("swift", *rows)
    for made in (
        genai_prices.document([model], NAMES),
        litellm.document([model], NAMES),
        openrouter.document([model], NAMES),
    ):
        assert made.left_out_header == "1; band=1"


def test_litellm_finds_a_model_by_every_name_that_means_it_alone() -> None:
    one = a_price(input="1", output="2")
    made = litellm.document(
        [
            a_model("Big-Name", one, provider="openai", aliases=("nick", "twice")),
            a_model("twice", one, provider="openai"),
            a_model("gpt", provider="openai"),
            a_model("openai/gpt", one, provider="openrouter"),
            a_model("same", one, provider="google"),
            a_model("same", provider="acme"),
        ],
        NAMES,
    )
    assert set(read(made.body)) == {
        *("openai/Big-Name", "openai/big-name", "Big-Name", "big-name", "openai/nick", "nick", "openai/twice"),
        *("openrouter/openai/gpt", "gemini/same"),
    }


def test_a_free_batch_is_not_said_where_litellm_would_charge_half() -> None:
    model = a_model("swift", a_price(input="1", output="2"), a_price("batch", input="0", output="0"))
    assert litellm.document([model], NAMES).left_out_header == "1; tier=1"
    assert not genai_prices.document([model], NAMES).left_out


def test_cached_audio_without_a_price_keeps_a_model_out_of_genai_prices() -> None:
    model = a_model("hear", a_price(input="1", output="2", cached_input="0.1", audio_input="3"))
    assert genai_prices.document([model], NAMES).left_out_header == "1; unit=1"


def test_an_overlay_replaces_prices_and_keeps_the_rest() -> None:
    stored = {
        "sample_spec": {"mode": "chat"},
        "acme/swift": {"mode": "chat", "supports_vision": True, "input_cost_per_token_above_200k_tokens": 9},
        "other": {"input_cost_per_token": 5},
        "broken": "text",
    }
    ours = litellm.document([a_model("swift", a_price(input="1", output="2"))], NAMES).body
    laid = read(overlay(msgspec.json.encode(stored), ours))
    assert laid["acme/swift"]["supports_vision"] is True
    assert laid["acme/swift"]["input_cost_per_token"] == Decimal("0.000001")
    assert "input_cost_per_token_above_200k_tokens" not in laid["acme/swift"]
    assert laid["other"] == {"input_cost_per_token": 5}
    assert "broken" not in laid


def test_the_history_has_whole_days_and_the_end_is_the_next_one_s_beginning() -> None:
    model = a_model("swift", a_price(input="1", output="2"))

    def past(day: int, until: datetime | None, rate: str) -> Past:
        rates = {"input": Decimal(rate), "output": Decimal(2)}
        began = datetime(2031, 3, day, 9, tzinfo=UTC)
        return Past(
            provider="acme", model_id="swift", context_limit=0, rates=rates, effective_date=began, end_date=until
        )

    noon = datetime(2031, 3, 5, 12, tzinfo=UTC)
    evening = datetime(2031, 3, 5, 18, tzinfo=UTC)
    rows = [past(1, noon, "3"), past(5, evening, "9"), past(5, None, "1")]
    listed = read(llm_prices.historical([model], rows).body)["prices"]
    assert [(one["input"], one["from_date"], one["to_date"]) for one in listed] == [
        (3, "2031-03-01", "2031-03-05"),
        (1, "2031-03-05", None),
    ]


def test_a_spreadsheet_runs_no_name() -> None:
    model = a_model("=1+1", a_price(input="1", output="0.50"), display_name="@sum", shutdown_date=date(2032, 1, 1))
    (row,) = csv.DictReader(io.StringIO(price_rows.document([model]).body.decode()))
    assert (row["model"], row["display_name"]) == ("'=1+1", "'@sum")
    assert (row["input per million tokens"], row["output per million tokens"]) == ("1", "0.5")
    assert row["cached_input per million tokens"] == ""
