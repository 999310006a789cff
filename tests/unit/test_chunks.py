"""Chunks: what is cut comes together as it was, whatever arrives in whichever order, and attempts never mix."""

from __future__ import annotations

import event_strategies
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ratecard_shared.chunks import Assembly, ItemTooLongError, alone, assemble, split
from ratecard_shared.codec import decode, encode
from ratecard_shared.events import DiscoveredModel, ModelsDiscovered, PricingScraped

lists = st.one_of(event_strategies.of(ModelsDiscovered), event_strategies.of(PricingScraped)).map(
    lambda event: replace(event, chunk=alone("a1"))
)
ROOM = 60_000


def models(count: int, *, attempt: str = "a1", prefix: str = "m") -> tuple[ModelsDiscovered, ...]:
    """Return a list of so many models, cut into chunks of about three."""
    base = ModelsDiscovered(
        event_id=f"e-{attempt}",
        sync_id="s1",
        occurred_at="2026-03-01T00:00:00Z",  # type: ignore[arg-type]  # read back as one below
        provider="acme",
        outcome="complete",  # type: ignore[arg-type]
        chunk=alone(attempt),
        models=tuple(DiscoveredModel(id=f"{prefix}{number}") for number in range(count)),
    )
    whole = decode(encode(base), ModelsDiscovered)
    return split(whole, limit=1500)


@settings(max_examples=100, deadline=None)
@given(lists, st.integers(5_000, ROOM), st.randoms())
def test_what_is_cut_comes_together(event: ModelsDiscovered | PricingScraped, limit: int, order: object) -> None:
    try:
        parts = split(event, limit=limit)
    except ItemTooLongError:
        return
    assert all(len(encode(part)) <= limit for part in parts)
    assert len({part.event_id for part in parts}) == len(parts)
    shuffled = [decode(encode(part), type(event)) for part in parts] * 2
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = assemble(shuffled)
    assert whole is not None
    assert replace(whole, chunk=event.chunk, event_id=event.event_id) == event


@given(st.integers(4, 30), st.integers(4, 30), st.randoms())
def test_attempts_never_mix_and_the_first_complete_one_wins(one: int, two: int, order: object) -> None:
    first, second = models(one), models(two, attempt="a2", prefix="n")
    arrived = [*first, *second]
    order.shuffle(arrived)  # type: ignore[attr-defined]
    assembly: Assembly[ModelsDiscovered] = Assembly()
    winner = None
    for part in arrived:
        assembly = assembly.add(part)
        winner = winner or (assembly.whole and assembly.whole.chunk.attempt_id)
    assert assembly.whole is not None
    assert assembly.whole.chunk.attempt_id == winner
    expected = [f"m{number}" for number in range(one)] if winner == "a1" else [f"n{number}" for number in range(two)]
    assert [model.id for model in assembly.whole.models] == expected


@given(st.integers(8, 30), st.data())
def test_a_list_with_a_part_missing_is_none(count: int, data: st.DataObject) -> None:
    parts = models(count)
    missing = data.draw(st.sampled_from(parts))
    assert assemble(part for part in parts if part is not missing) is None


@pytest.mark.parametrize("change", [{"digest": "other"}, {"total": 99}, {"index": 98}, {"index": -1}])
def test_an_attempt_that_contradicts_itself_is_dropped(change: dict[str, object]) -> None:
    first, *others = models(12)
    wrong = replace(first, chunk=replace(first.chunk, **change))
    assembly: Assembly[ModelsDiscovered] = Assembly()
    for part in [*others, wrong, first]:
        assembly = assembly.add(part)
    assert assembly.whole is None
    assert assembly.broken == ("a1",)
    for part in models(12, attempt="a2"):
        assembly = assembly.add(part)
    assert assembly.whole is not None


def test_a_list_with_nothing_in_it_is_one_chunk() -> None:
    (part,) = models(0)
    assert (part.chunk.index, part.chunk.total) == (0, 1)
    assert assemble([part]) == part


def test_cutting_again_gives_the_same_chunks() -> None:
    assert models(20) == models(20)


def test_an_item_that_fits_no_chunk_is_said() -> None:
    (part,) = models(0)
    with pytest.raises(ItemTooLongError, match="one of models takes"):
        split(replace(part, models=(DiscoveredModel(id="x" * 2000),)), limit=1500)
