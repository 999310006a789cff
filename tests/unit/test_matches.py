"""Matches that are remembered are those that would be found anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from join_sides import ACME

from ratecard_enricher import matches
from ratecard_enricher.matches import Matches, match_models
from ratecard_providers.spec import Provider
from ratecard_shared.events import DiscoveredModel

IDS = st.sampled_from(["swift-1", "swift-1-mini", "swift-2", "heron-1", "heron-1-20260101"])
LISTS = st.lists(IDS, min_size=1, unique=True).map(lambda ids: tuple(DiscoveredModel(id=one) for one in ids))
NAMES = st.lists(IDS, unique=True).map(lambda names: tuple(name.replace("-", " ").title() for name in names))
PROVIDERS = st.sampled_from([ACME, Provider(id="zenith", name="Zenith")])


@given(asked=st.lists(st.tuples(PROVIDERS, LISTS, NAMES), max_size=6))
def test_what_is_remembered_is_what_would_be_found(
    asked: list[tuple[Provider, tuple[DiscoveredModel, ...], tuple[str, ...]]],
) -> None:
    remembered = Matches()
    for provider, models, names in asked * 2:
        assert remembered.of(provider, models, names) == match_models(provider, models, names)


def test_an_unchanged_list_is_matched_once_and_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "MOST_REMEMBERED", 4)
    remembered = Matches()
    models = tuple(DiscoveredModel(id=f"swift-{number}") for number in range(3))
    first = remembered.of(ACME, models, ["Swift 1"])
    assert remembered.of(ACME, models, ["Swift 1"]) is first
    remembered.of(Provider(id="zenith", name="Zenith"), models, [])
    assert remembered.of(ACME, models, ["Swift 1"]) is not first
