"""Model lists in the shapes that the shipped provider files describe: everything comes out, and nothing is made up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_discovery.capabilities import read_capabilities
from ratecard_discovery.parse import BadListError, parse_list
from ratecard_providers.endpoint import Capabilities, Fields, ListEndpoint, ModelList, StatedPrices
from ratecard_providers.load import load_providers
from ratecard_shared.events import DiscoveredModel

PROVIDERS: Final = load_providers()
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)

names = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), codec="utf-8"), min_size=1, max_size=30).filter(
    str.strip
)
ids = st.from_regex(r"[a-z0-9][a-z0-9./:_-]{0,30}", fullmatch=True)
tokens = st.integers(1, 2**31 - 1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
    lambda moment: moment.replace(microsecond=0)
)


def models_in(provider: str, body: Any) -> tuple[DiscoveredModel, ...]:
    spec = PROVIDERS[provider].models
    assert spec is not None
    return parse_list(msgspec.json.encode(body), spec, url="https://api.example.org/models", fetched_at=NOW).models


@st.composite
def openai_models(draw: st.DrawFn) -> tuple[Any, DiscoveredModel]:
    model_id, owner, created = draw(ids), draw(names), draw(moments)
    shutdown = draw(st.none() | st.dates(date(2024, 1, 1), date(2030, 1, 1)))
    item = {"id": model_id, "object": "model", "created": int(created.timestamp()), "owned_by": owner}
    item |= {"shutdown_date": shutdown and shutdown.isoformat()}
    return item, DiscoveredModel(id=model_id, owned_by=owner, created=created, shutdown_date=shutdown)


@st.composite
def anthropic_models(draw: st.DrawFn) -> tuple[Any, DiscoveredModel]:
    model_id, name, created = draw(ids), draw(names), draw(moments)
    window, longest = draw(tokens), draw(tokens)
    item: Any = {"type": "model", "id": model_id, "display_name": name, "created_at": created.isoformat()}
    item |= {"max_input_tokens": window, "max_tokens": longest}
    expected = DiscoveredModel(
        id=model_id, display_name=name, created=created, context_window=window, max_output_tokens=longest
    )
    return item, expected


@st.composite
def google_models(draw: st.DrawFn) -> tuple[Any, DiscoveredModel]:
    model_id, name = draw(ids), draw(names)
    window, longest = draw(tokens), draw(tokens)
    item = {"name": f"models/{model_id}", "displayName": name, "inputTokenLimit": window, "outputTokenLimit": longest}
    return item, DiscoveredModel(id=model_id, display_name=name, context_window=window, max_output_tokens=longest)


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, Any, list[DiscoveredModel]]:
    shapes: dict[str, tuple[str, st.SearchStrategy[tuple[Any, DiscoveredModel]]]] = {
        "openai": ("data", openai_models()),
        "anthropic": ("data", anthropic_models()),
        "google": ("models", google_models()),
        "xai": ("data", openai_models()),
    }
    provider = draw(st.sampled_from(sorted(shapes)))
    key, shape = shapes[provider]
    drawn = draw(st.lists(shape, max_size=30, unique_by=lambda both: both[1].id))
    expected = [model for _, model in drawn]
    if provider == "xai":  # it says nothing of shutdown dates
        expected = [msgspec.structs.replace(model, shutdown_date=None) for model in expected]
    return provider, {"object": "list", key: [item for item, _ in drawn]}, expected


@given(lists())
def test_property_01_every_model_comes_out_with_its_facts(drawn: tuple[str, Any, list[DiscoveredModel]]) -> None:
    provider, body, expected = drawn
    found = [msgspec.structs.replace(model, preview=False) for model in models_in(provider, body)]
    assert found == expected


@given(
    st.sampled_from([provider.models for provider in PROVIDERS.values() if provider.models]),
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["data", "models", "id", "name", "pricing", "capabilities", "prompt"]), inner
            )
        ),
        max_leaves=12,
    ).map(msgspec.json.encode),
)
def test_no_answer_is_a_crash(spec: ListEndpoint, body: bytes) -> None:
    try:
        part = parse_list(body, spec, url="https://api.example.org/models", fetched_at=NOW)
    except BadListError:
        return
    assert all(model.id for model in part.models)


@pytest.mark.parametrize("number", ["1E11111111111111111111", "-1e-99999999999999999999", "1e999999"])
def test_a_number_of_no_meaning_is_no_crash(number: str) -> None:
    items = f'[{{"id": "a", "name": "models/a", "created": {number}, "pricing": {{"prompt": {number}}}}}]'
    body = f'{{"data": {items}, "models": {items}}}'.encode()
    for provider in PROVIDERS.values():
        if provider.models is not None:
            assert _outcome(provider.models, body) in {"refused", "a", "models/a"}


def _outcome(spec: ListEndpoint, body: bytes) -> str:
    try:
        return parse_list(body, spec, url="https://api.example.org/models", fetched_at=NOW).models[0].id
    except BadListError:
        return "refused"


def test_a_model_that_is_listed_twice_is_one() -> None:
    one, two = models_in("openai", {"data": [{"id": "a"}, {"id": "b"}, {"id": "a", "owned_by": "acme"}]})
    assert (one.id, one.owned_by, two.id) == ("a", "acme", "b")


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"id": "a"}, {"object": "model"}]},
        {"data": [{"id": ""}]},
        {"data": [{"id": 7}]},
        {"data": ["a"]},
        {"error": "no"},
        {"data": None},
    ],
)
def test_a_list_that_would_lose_a_model_is_refused(body: Any) -> None:
    with pytest.raises(BadListError):
        models_in("openai", body)


def test_facts_of_an_unexpected_type_are_left_out() -> None:
    facts = {"created": "once", "context_window": "much", "max_completion_tokens": -1, "active": "yes", "owned_by": 3}
    (model,) = models_in("groq", {"data": [{"id": "a", **facts}]})
    assert model == DiscoveredModel(id="a")


def test_what_is_not_active_is_deprecated_and_a_preview_says_so() -> None:
    models = models_in(
        "groq", {"data": [{"id": "a", "active": False}, {"id": "b-preview"}, {"id": "x-exp-1"}, {"id": "expert"}]}
    )
    assert [(model.deprecated, model.preview) for model in models] == [
        (True, False),
        (False, True),
        (False, True),
        (False, False),
    ]


def test_capabilities_are_read_from_words_flags_and_trees() -> None:
    item = {
        "can": {"see": {"supported": True}, "think": {"supported": False, "types": {"fast": {"supported": True}}}},
        "methods": ["talk", "count", 3],
        "flags": {"tools": True, "ocr": False, "note": "text"},
        "thinking": True,
    }
    specs = (
        Capabilities(at="can", words={"see": "vision"}),
        Capabilities(at="methods", words={"talk": "chat"}, only=True),
        Capabilities(at="flags"),
        Capabilities(at="thinking", words={"thinking": "reasoning"}),
        Capabilities(at="absent"),
    )
    assert {each.type: each.supported for each in read_capabilities(item, specs)} == {
        "vision": True,
        "think": False,
        "think.types.fast": True,
        "chat": True,
        "tools": True,
        "ocr": False,
        "reasoning": True,
    }


figures = st.just(Decimal(0)) | st.decimals("0.001", 1000, places=4)


@given(figures, figures, st.sampled_from([1, 1000, 1_000_000]))
def test_a_stated_price_is_in_the_unit_of_its_component(inward: Decimal, outward: Decimal, times: int) -> None:
    spec = ModelList(
        url="https://api.example.org",
        fields=Fields(),
        prices=StatedPrices(at="pricing", rates={"input": "in", "output": "out"}, times=Decimal(times)),
    )
    body = msgspec.json.encode({"data": [{"id": "a", "pricing": {"in": str(inward / times), "out": outward / times}}]})
    (model,) = parse_list(body, spec, url="https://api.example.org", fetched_at=NOW).models
    expected = {name: value for name, value in (("input", inward), ("output", outward)) if value}
    assert [row.rates for row in model.prices] == ([expected] if expected else [])
    for row in model.prices:
        assert row.evidence is not None
        assert row.evidence.text.encode() in body


@pytest.mark.parametrize(
    ("pricing", "rows"),
    [
        ({"prompt": "0.000007", "completion": "0.00001"}, [(0, {"input": 7, "output": 10}, False)]),
        ({"prompt": "0", "completion": "0", "request": "0"}, [(0, {"input": 0, "output": 0}, True)]),
        ({"prompt": "0.000001", "completion": "0"}, [(0, {"input": 1}, False)]),
        ({"prompt": "-1", "completion": "-1"}, []),
        ({"prompt": "NaN", "completion": "Infinity"}, []),
        ({"prompt": "1e-900000000", "completion": "1e900000000"}, []),
        ({"prompt": True, "completion": None}, []),
        (
            {"prompt": "0.000001", "overrides": [{"min_prompt_tokens": 9000, "prompt": "0.000002"}, "x", {}]},
            [(0, {"input": 1}, False), (9000, {"input": 2}, False)],
        ),
    ],
)
def test_prices_per_token_free_dynamic_and_by_length(pricing: Any, rows: list[Any]) -> None:
    (model,) = models_in("openrouter", {"data": [{"id": "acme/a", "pricing": pricing}]})
    assert [(row.above_tokens, row.rates, row.free) for row in model.prices] == rows


def test_a_price_in_another_unit_is_none() -> None:
    models = models_in(
        "perplexity",
        {
            "data": [
                {"id": "a", "pricing": {"input": 3, "unit": "usd_per_1m_tokens"}},
                {"id": "b", "pricing": {"input": 3, "unit": "usd_per_1k_tokens"}},
                {"id": "c", "pricing": {"input": 3}},
            ]
        },
    )
    assert [len(model.prices) for model in models] == [1, 0, 0]


@pytest.mark.parametrize(
    ("prompt", "completion"), [("0.3", "1.2"), ("0.0000003", "1.2"), ("0.0000000000003", "0.000001")]
)
def test_a_price_that_is_beyond_all_measure_in_the_unit_of_the_file_is_none(prompt: str, completion: str) -> None:
    models = models_in("openrouter", {"data": [{"id": "a", "pricing": {"prompt": prompt, "completion": completion}}]})
    assert [model.prices for model in models] == [()]


def test_no_figure_in_a_provider_file_is_lost_on_the_way() -> None:
    spec = PROVIDERS["xai"].models
    assert isinstance(spec, ListEndpoint)
    told = spec.also[0].prices
    assert told is not None
    assert told.times == Decimal("0.0001")


partners = st.lists(
    st.tuples(
        st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
        st.none() | st.tuples(st.decimals(0, 999, places=3), st.decimals(0, 999, places=3)),
    ),
    max_size=6,
)


@given(ids, partners)
def test_each_partner_who_serves_a_model_is_a_model_with_its_own_price(
    model_id: str, offers: list[tuple[str, tuple[Decimal, Decimal] | None]]
) -> None:
    said = [{"provider": who, **({"pricing": {"input": p[0], "output": p[1]}} if p else {})} for who, p in offers]
    body = msgspec.json.Encoder(decimal_format="number").encode({"data": [{"id": model_id, "providers": said}]})
    spec = PROVIDERS["huggingface"].models
    assert spec is not None
    plain, *others = parse_list(body, spec, url="https://api.example.org/models", fetched_at=NOW).models
    assert (plain.id, plain.prices) == (model_id, ())
    names = [who for who, _ in offers]
    once = [(who, p) for who, p in offers if names.count(who) == 1]  # of two prices nobody can tell which is charged
    assert [model.id for model in others] == [f"{model_id}:{who}" for who, _ in once]
    for model, (who, p) in zip(others, once, strict=True):
        stated = {"input": p[0], "output": p[1]} if p else {}
        rates = {component: amount for component, amount in stated.items() if amount}  # a zero is not said to be free
        assert [row.rates for row in model.prices] == ([rates] if rates else [])
        assert all(row.evidence and who in row.evidence.text for row in model.prices)


@pytest.mark.parametrize("offers", [None, {}, "novita", [None], ["novita"], [{"provider": 7}], [{}]])
def test_a_list_of_partners_that_is_none_costs_no_model(offers: Any) -> None:
    (model,) = models_in("huggingface", {"data": [{"id": "acme/swift-1", "providers": offers}]})
    assert model.id == "acme/swift-1"
