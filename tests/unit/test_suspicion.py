"""What makes a price row suspicious: absurd figures, slipped units, jumps; and what must pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from registry_events import START, evidence, price

from ratecard_registry.price_changes import as_price
from ratecard_registry.siblings import Siblings, family
from ratecard_registry.stored import Price
from ratecard_registry.suspicion import Beside, Kind, Suspicion, releasable, suspicions
from ratecard_shared.prices import PriceRow

AMOUNTS = st.decimals(min_value="0.001", max_value="500", places=4)
RATES = st.dictionaries(st.sampled_from(["input", "output", "cached_input", "image"]), AMOUNTS, min_size=1)
USD = frozenset({"USD"})
D = Decimal


def in_force(row: PriceRow) -> Price:
    return as_price(row, effective_date=START, sync_id="sync-0")


def kinds(row: PriceRow, old: PriceRow | None = None, **beside: Any) -> list[Kind]:
    known = {"old": in_force(old) if old else None, "currencies": USD} | beside
    return [one.kind for one in suspicions(row, Beside(**known))]


def row(rates: dict[str, str], **fields: Any) -> PriceRow:
    exact = {name: Decimal(amount) for name, amount in rates.items()}
    return price(rates=exact, evidence=evidence(" ".join(rates.values())), **fields)


@given(rates=RATES, currency=st.sampled_from(["USD", "EUR"]))
def test_what_is_in_force_is_never_suspicious(rates: dict[str, Decimal], currency: str) -> None:
    said = price(rates=rates, currency=currency)
    assert kinds(said, said) == []


@given(old=AMOUNTS, new=AMOUNTS)
def test_a_change_beyond_three_times_is_a_jump(old: Decimal, new: Decimal) -> None:
    assume(old != new)
    found = kinds(row({"input": str(new)}), row({"input": str(old)}))
    if old / 3 <= new <= old * 3:
        assert found == []
    else:
        assert found in ([Kind.JUMP], [Kind.UNIT])


@given(old=AMOUNTS, slip=st.sampled_from([3, 6]), up=st.booleans())
def test_a_change_of_a_thousand_or_a_million_is_a_slipped_unit(old: Decimal, slip: int, up: bool) -> None:  # noqa: FBT001 - drawn
    new = old.scaleb(slip if up else -slip)
    found = suspicions(row({"input": f"{new:f}"}), Beside(old=in_force(row({"input": str(old)})), currencies=USD))
    assert [one.kind for one in found] == [Kind.UNIT]
    assert not releasable(found)


@given(old=RATES, new=RATES)
def test_the_gravest_reason_comes_first_and_nothing_is_said_twice(
    old: dict[str, Decimal], new: dict[str, Decimal]
) -> None:
    found = suspicions(price(rates=new), Beside(old=in_force(price(rates=old)), currencies=USD))
    order = list(Kind)
    assert [order.index(one.kind) for one in found] == sorted(order.index(one.kind) for one in found)
    assert len(set(found)) == len(found)


@given(old=RATES, new=RATES)
def test_a_second_source_that_agrees_clears_every_jump(old: dict[str, Decimal], new: dict[str, Decimal]) -> None:
    stated = price(rates=new)
    assert not {Kind.JUMP, Kind.UNIT} & set(kinds(price(rates=new), price(rates=old), stated=stated))


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({"input": "-1"}, [Kind.NEGATIVE]),
        ({"input": "NaN"}, [Kind.NOT_A_NUMBER]),
        ({"input": "Infinity"}, [Kind.NOT_A_NUMBER]),
        ({"input": "1", "cached_input": "1.01"}, [Kind.CACHED_ABOVE_INPUT]),
        ({"audio_input": "1", "audio_cached_input": "2"}, [Kind.CACHED_ABOVE_INPUT]),
        ({"input": "1", "cached_input": "1"}, []),
        ({"cached_input": "9"}, []),
    ],
)
def test_figures_that_cannot_be(rates: dict[str, str], expected: list[Kind]) -> None:
    assert kinds(row(rates)) == expected


@pytest.mark.parametrize(
    ("text", "free", "suspicious"),
    [
        ("Swift free free", True, False),
        ("Swift 免费", True, False),
        ("Swift Free of charge", False, False),
        ("Swift $0.00 $0", True, False),
        ('"prompt": "0"', True, False),
        ("Swift $.00", True, False),
        ("Swift $1.00 $10.0", True, True),
        ("Swift 0.05", False, True),
        ("Swift freely available", True, True),
        ("Swift -", False, True),
    ],
)
def test_a_zero_must_be_printed_or_said_to_be_free(text: str, free: bool, suspicious: bool) -> None:  # noqa: FBT001 - drawn
    said = price(rates={"input": D(0), "output": D("0.00")}, free=free, evidence=evidence(text))
    assert kinds(said) == ([Kind.ZERO] if suspicious else [])


def test_a_zero_without_any_text_is_believed_where_the_source_says_free() -> None:
    said = price(rates={"input": D(0)}, free=True, evidence=None)
    assert kinds(said) == []
    assert kinds(msgspec.structs.replace(said, free=False)) == [Kind.ZERO]


def test_a_price_may_become_free_and_cost_again() -> None:
    free = price(rates={"input": D(0), "output": D(0)}, free=True, evidence=evidence("Swift Free"))
    assert kinds(free, row({"input": "3", "output": "9"})) == []
    assert kinds(row({"input": "3", "output": "9"}), free) == []


def test_another_currency_than_the_expected_is_suspicious_unless_it_is_in_force() -> None:
    euro = row({"input": "1"}, currency="EUR")
    assert kinds(euro) == [Kind.CURRENCY]
    assert kinds(euro, currencies=frozenset({"USD", "EUR"})) == []
    assert kinds(euro, currencies=frozenset()) == []
    assert kinds(euro, row({"input": "1.1"}, currency="EUR")) == []


@pytest.mark.parametrize(
    ("first", "stated", "expected"),
    [("2", "2", []), ("2", "6", []), ("2", "6.1", [Kind.SECOND_SOURCE]), ("2", "2000", [Kind.UNIT])],
)
def test_a_first_price_is_compared_with_the_api(first: str, stated: str, expected: list[Kind]) -> None:
    assert kinds(row({"input": first}), stated=row({"input": stated})) == expected


@pytest.mark.parametrize(
    ("first", "expected"),
    [("2", []), ("30", []), ("31", [Kind.JUMP]), ("0.19", [Kind.JUMP]), ("2500", [Kind.UNIT]), ("0.002", [Kind.UNIT])],
)
def test_a_first_price_is_compared_with_its_nearest_sibling(first: str, expected: list[Kind]) -> None:
    assert kinds(row({"input": first}), siblings=({"input": D(2)}, {"input": D(3)}, {"output": D(1)})) == expected


def test_a_first_price_without_anything_beside_it_passes() -> None:
    assert kinds(row({"input": "40000", "image": "0.00001"})) == []


def test_a_price_with_a_past_is_not_compared_with_siblings() -> None:
    assert kinds(row({"input": "2"}), row({"input": "1"}), siblings=({"input": D(1000)},)) == []


def test_only_plain_jumps_are_released() -> None:
    jump, unit = (Suspicion(kind=kind, reason="") for kind in (Kind.JUMP, Kind.UNIT))
    assert releasable([jump])
    assert not releasable([jump, unit])


def test_the_reason_names_the_figures() -> None:
    (found,) = suspicions(row({"input": "9.50"}), Beside(old=in_force(row({"input": "1.25"}))))
    assert found.reason == "input is 9.5, 1.25 in force: 7.6 times, more than 3 times"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("swift-4.1-mini", "swift-5-mini", True),
        ("swift-4.1", "swift-4.1-2031-01-31", True),
        ("swift-4.1", "swift-4.1-mini", False),
        ("swift-4", "swift-4o", False),
        ("llama-3-8b", "llama-3-70b", False),
        ("claude-sonnet-4", "claude-opus-4", False),
    ],
)
def test_families(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - drawn
    assert (family(one, "acme") == family(other, "acme")) is same


def test_siblings_are_of_the_same_family_and_tier_or_the_model_itself() -> None:
    standard, batch, euro = (
        ("standard", 0, "USD", "global"),
        ("batch", 0, "USD", "global"),
        ("batch", 0, "EUR", "global"),
    )
    before = {
        ("swift-1", standard): {"input": D(1)},
        ("swift-1", batch): {"input": D(2)},
        ("swift-2-mini", batch): {"input": D(3)},
        ("swift-2", standard): {"input": D(4)},
        ("swift-2", euro): {"input": D(5)},
    }
    assert Siblings(before, provider="acme").of(("swift-2", batch)) == ({"input": D(2)}, {"input": D(4)})
