"""The shipped provider files read the simulated providers as they are: only addresses differ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
import pytest

from ratecard_cli.simulated.asking import KEY
from ratecard_cli.simulated.catalogue import State, catalogues
from ratecard_cli.simulated.server import KEYS, Simulated, serving
from ratecard_discovery.faults import DiscoveryError
from ratecard_discovery.fetch import Asker
from ratecard_discovery.handlers import check_expectations
from ratecard_enricher.matches import match_models
from ratecard_pages import PageReading, read_page
from ratecard_providers.load import load_providers, with_addresses
from ratecard_providers.spec import Provider
from ratecard_shared.events import DiscoveredModel
from ratecard_shared.http import open_client
from ratecard_shared.prices import STANDARD
from ratecard_shared.retry import Patience

NOW = datetime(2026, 9, 1, tzinfo=UTC)
PROVIDERS = ("openai", "anthropic", "google", "xai")
both_states = pytest.mark.parametrize("state", ["before", "after"])
each_provider = pytest.mark.parametrize("name", PROVIDERS)


@pytest.fixture
async def simulated() -> AsyncIterator[Simulated]:
    async with serving() as found:
        yield found


def the_file(name: str, simulated: Simulated) -> Provider:
    return with_addresses(load_providers()[name], simulated.addresses)


async def listed(provider: Provider, key: str = KEY) -> tuple[DiscoveredModel, ...]:
    assert provider.models is not None
    patience = Patience(deadline=NOW + timedelta(minutes=1), now=lambda: NOW, sleep=asyncio.sleep)
    async with open_client() as client:
        return await Asker(endpoint=provider.models, key=key, client=client, patience=patience, timeout=5).models()


async def read(provider: Provider) -> PageReading:
    assert provider.pricing is not None
    url = provider.pricing.pages[0].url
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return read_page(await response.read(), url=url, provider=provider, fetched_at=NOW)


@both_states
@each_provider
async def test_discovery_lists_every_model(name: str, state: State, simulated: Simulated) -> None:
    simulated.state = state
    provider = the_file(name, simulated)
    found = await listed(provider)
    check_expectations(found, provider.expect)
    known = catalogues()[name].at(state).models
    assert [model.id for model in found] == [model.id for model in known]
    if name in ("anthropic", "google"):
        assert [model.context_window for model in found] == [model.context_window for model in known]


@both_states
@each_provider
async def test_the_scraper_reads_every_printed_price(name: str, state: State, simulated: Simulated) -> None:
    simulated.state = state
    catalogue = catalogues()[name].at(state)
    expected: dict[tuple[str, str, int], dict[str, Decimal]] = {}
    for model in catalogue.models:
        printed = model.name if name == "anthropic" else model.id
        for tier, rates, above in (
            (STANDARD, model.standard, 0),
            (STANDARD, model.long, catalogue.long_context),
            ("batch", model.batch, 0),
        ):
            if rates:
                expected[printed, tier, above] = {component: Decimal(rate) for component, rate in rates.items()}
    reading = await read(the_file(name, simulated))
    spelled = {model.name: model.id for model in catalogue.models} if name == "google" else {}
    found = {
        (spelled.get(row.name, row.name), row.tier, row.above_tokens): row.rates
        for row in reading.prices
        if not row.free
    }
    assert found == expected


@both_states
@each_provider
async def test_every_model_with_a_price_is_matched_with_it(name: str, state: State, simulated: Simulated) -> None:
    simulated.state = state
    provider = the_file(name, simulated)
    names = {row.name for row in (await read(provider)).prices}
    matches = match_models(provider, await listed(provider), names)
    unpriced = {model_id for model_id, match in matches.items() if match.answer is None}
    assert unpriced == {model.id for model in catalogues()[name].at(state).models if not model.standard}
    assert {match.answer for match in matches.values()} - {None} == names


@each_provider
async def test_a_wrong_key_is_turned_down_as_the_real_one_does(name: str, simulated: Simulated) -> None:
    provider = the_file(name, simulated)
    assert provider.models is not None
    with pytest.raises(DiscoveryError, match=provider.models.key_variable):
        await listed(provider, key="wrong")


@each_provider
def test_no_address_of_the_four_files_leads_to_the_internet(name: str) -> None:
    moved = with_addresses(load_providers()[name], Simulated(port=1).addresses)
    for url in urls(msgspec.to_builtins(moved)):
        assert url.startswith("http://127.0.0.1:1/")


@each_provider
def test_every_key_variable_has_a_key(name: str) -> None:
    endpoint = load_providers()[name].models
    assert endpoint is not None
    assert endpoint.key_variable in KEYS


def test_the_change_touches_prices_drops_a_model_and_adds_one() -> None:
    before, after = ({p: c.at(state) for p, c in catalogues().items()} for state in ("before", "after"))
    ids = [{model.id for catalogue in state.values() for model in catalogue.models} for state in (before, after)]
    assert ids[0] - ids[1]
    assert ids[1] - ids[0]
    then = {model.id: model.standard for catalogue in before.values() for model in catalogue.models}
    changed = {
        provider
        for provider, catalogue in after.items()
        for model in catalogue.models
        if then.get(model.id, model.standard) != model.standard
    }
    assert len(changed) >= 2


def urls(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [item for key, item in value.items() if key == "url"]
        return own + [url for item in value.values() for url in urls(item)]
    return [url for item in value for url in urls(item)] if isinstance(value, list | tuple) else []
