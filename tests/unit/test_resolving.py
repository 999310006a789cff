"""What a spelling means: one stored model, or several and then none, or none with the nearest ones refused."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_events import START, model

from ratecard_registry import views
from ratecard_registry.catalogue import pricing_of
from ratecard_registry.resolving import Resolution, resolve_spelling
from ratecard_registry.stored import Applied, StoredModel
from ratecard_registry.views import ModelView
from ratecard_shared.events import MatchExplained

PAIRS = Path(__file__).parents[3] / "shared" / "real" / "matching" / "pairs.json"
IDS = ["swift-1", "swift-1-mini", "swift-2-20310501", "Swift One", "acme/swift-1", "swift-2", "heron-nano", "s"]


def stored(model_id: str, *, provider: str = "acme", **fields: Any) -> ModelView:
    applied = Applied(started_at=START, sync_id="s", generation=1)
    facts = model(model_id, **{"display_name": model_id} | fields)
    kept = StoredModel(provider=provider, facts=facts, applied=applied, discovered_at=START, updated_at=START)
    return views.whole(views.facts_view(kept), pricing_of(kept))


def methods(found: Resolution) -> list[tuple[str, str, str]]:
    return [(one.provider, one.id, one.method) for one in found.claims]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("swift-1", ("swift-1", "exact")),
        ("acme/swift-1", ("swift-1", "exact")),
        ("swift-one", ("swift-1", "alias")),
        ("The Swift", ("swift-1", "alias")),
        ("swift number one", ("swift-1", "display_name")),
        ("Swift 1", ("swift-1", "normalised")),
        ("Swift 1 Mini", ("swift-1-mini", "normalised")),
        ("swift-1-mini-2031-02-01", ("swift-1-mini", "snapshot")),
        ("Heron 4", ("heron-4-20310301", "snapshot")),
        ("Heron (the fourth)", ("heron-4-20310301", "page_name")),
        ("heronn-4-20310301", ("heron-4-20310301", "fuzzy")),
    ],
)
def test_each_step_finds_what_it_is_for(asked: str, expected: tuple[str, str]) -> None:
    match = MatchExplained(name="Heron (the fourth)", method="alias", score=100)
    models = [
        stored("swift-1", aliases=("swift-one",), display_name="Swift Number One"),
        stored("swift-1-mini"),
        stored("heron-4-20310301", match=match),
    ]
    found = resolve_spelling(asked, models, {"acme": {"swift-1": ("The Swift",)}})
    assert methods(found) == [("acme", *expected)]
    assert not {("acme", expected[0])} & {(one.provider, one.id) for one in found.refused}


def test_another_size_or_version_is_refused_with_its_reason() -> None:
    found = resolve_spelling("swift-1-nano", [stored("swift-1"), stored("swift-1-mini"), stored("swift-2")], {})
    assert found.claims == ()
    assert {one.id for one in found.refused} == {"swift-1", "swift-1-mini", "swift-2"}
    assert all("another" in one.reason for one in found.refused)


def test_one_id_of_two_providers_is_no_answer() -> None:
    both = [stored("swift-1"), stored("swift-1", provider="zenith")]
    assert methods(resolve_spelling("swift-1", both, {})) == [
        ("acme", "swift-1", "exact"),
        ("zenith", "swift-1", "exact"),
    ]
    assert methods(resolve_spelling("zenith/swift-1", both, {})) == [("zenith", "swift-1", "exact")]


def test_a_name_of_two_dated_models_is_no_answer() -> None:
    dated = [stored("swift-1-20310101"), stored("swift-1-20310601")]
    assert len(resolve_spelling("Swift 1", dated, {}).claims) == 2


def test_a_weaker_step_does_not_decide_between_two() -> None:
    twins = [stored("swift-1", aliases=("swift",)), stored("swift-2", aliases=("Swift",)), stored("swift-")]
    assert methods(resolve_spelling("swift", twins, {})) == [("acme", "swift-1", "alias"), ("acme", "swift-2", "alias")]


@given(st.lists(st.sampled_from(IDS), min_size=1, unique=True), st.data())
def test_an_id_means_itself_and_the_order_of_models_nothing(ids: list[str], data: st.DataObject) -> None:
    models = [stored(name) for name in ids]
    asked = data.draw(st.sampled_from(ids))
    found = resolve_spelling(asked, models, {})
    assert methods(found) == [("acme", asked, "exact")]
    random.Random(0).shuffle(models)  # noqa: S311 - an order, no secret
    assert resolve_spelling(asked, models, {}).claims == found.claims


@given(st.text(max_size=60), st.lists(st.sampled_from(IDS), unique=True))
def test_any_text_gets_an_answer_that_names_stored_models(asked: str, ids: list[str]) -> None:
    found = resolve_spelling(asked, [stored(name) for name in ids], {})
    named = [*(one.id for one in found.claims), *(one.id for one in found.refused)]
    assert set(named) <= set(ids)
    assert len(named) == len(set(named))


@pytest.mark.skipif(not PAIRS.exists(), reason="../shared/real is absent")
def test_no_real_page_name_means_a_wrong_real_id() -> None:
    pairs = msgspec.json.decode(PAIRS.read_bytes())
    answers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    asked: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for pair in pairs:
        for name in pair["candidates"]:
            asked[pair["provider"]][name].add(pair["id"])
        answers[pair["provider"]][pair["id"]].add(pair["answer"])
    right = wrong = 0
    for provider, names in asked.items():
        models = [stored(model_id, provider=provider) for model_id in answers[provider]]
        for name, offered in names.items():
            claims = resolve_spelling(name, models, {}).claims
            # Only of the ids that a pair offered this name to is the truth known; a snapshot that is not stored
            # means its undated model here, while a page that prints it prices it apart.
            if len(claims) == 1 and claims[0].id in offered and claims[0].method not in {"exact", "snapshot"}:
                right += name in answers[provider][claims[0].id]
                wrong += name not in answers[provider][claims[0].id]
    assert (wrong, right > 0) == (0, True)
