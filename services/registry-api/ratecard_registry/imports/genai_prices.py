"""genai-prices' data: providers with models, whose prices are flat, by band (`tiers`) or dated (`start_date`).

Of dated prices the last that has begun holds; the one without a constraint holds before them. Prices by the time of day
cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ratecard_registry.exports.genai_prices import TOKENS
from ratecard_registry.imports.entries import (
    CannotTakeError,
    Entry,
    LeftAside,
    ListError,
    PriceList,
    amount,
    day,
    text_of,
)
from ratecard_shared.prices import STANDARD

_COMPONENTS: Final = {
    **{theirs: ours for ours, theirs in TOKENS.items()},
    "cache_write_mtok": "cache_write",
    "input_mchars": "characters",
    "input_document_kpages": "pages",
    "requests_kcount": "requests",
}
_Bands = dict[int, dict[str, Decimal]]


def read(document: Any) -> PriceList:
    """Return what the document says. Raises ListError."""
    faults: list[str] = []
    entries: list[Entry] = []
    left_aside: list[LeftAside] = []
    for vendor, model in _models(document):
        try:
            entries += _entries(vendor, model)
        except CannotTakeError as error:
            left_aside.append(LeftAside(vendor=vendor, id=model["id"], reason=str(error)))
        except (ValueError, ArithmeticError, AttributeError, TypeError, KeyError) as error:
            faults.append(f"{vendor}/{model['id'][:60]}: {error}")
    if faults:
        raise ListError(faults)
    return PriceList(entries=tuple(entries), left_aside=tuple(left_aside))


def _models(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(document, list):
        raise ListError(["it is no list of providers"])
    for place, provider in enumerate(document):
        match provider:
            case {"id": str(vendor), "models": list(models)}:
                for model in models:
                    if not (isinstance(model, dict) and isinstance(model.get("id"), str)):
                        raise ListError([f"{vendor[:60]} has a model without an id"])
                    yield vendor, model
            case _:
                raise ListError([f"provider {place} has no `id` with `models`"])


def _entries(vendor: str, model: Mapping[str, Any]) -> Iterator[Entry]:
    tiers = [(STANDARD, model.get("prices"))]
    tiers += [(_tier(variant.get("when")), variant.get("prices")) for variant in model.get("price_variants") or ()]
    for tier, prices in tiers:
        for begins, ends, said in _dated(prices):
            for above, rates in _bands(said).items():
                yield Entry(
                    vendor=vendor,
                    id=model["id"],
                    tier=tier,
                    above_tokens=above,
                    rates=rates,
                    begins=begins,
                    ends=ends,
                    text=text_of({"id": model["id"], "prices": prices}),
                )


def _tier(when: Any) -> str:
    match when:
        case {"processing": "batch"} if len(when) == 1:
            return "batch"
        case {"service_tier": str(tier)} | {"speed": str(tier)} if len(when) == 1:
            return tier
        case _:
            raise CannotTakeError(f"it has a price for {str(when)[:60]}, which is no tier")


def _dated(prices: Any) -> Iterator[tuple[date | None, date | None, Any]]:
    """Yield each price with its first day and the day on which it no longer held."""
    if isinstance(prices, dict):
        yield None, None, prices
        return
    said = [(_start(one.get("constraint")), one["prices"]) for one in prices]
    edges: list[date | None] = [None, *sorted({start for start, _ in said if start})]
    for begins, ends in zip(edges, [*edges[1:], None], strict=True):
        held = [rates for start, rates in said if start is None or (begins is not None and start <= begins)]
        if held:
            yield begins, ends, held[-1]


def _start(constraint: Any) -> date | None:
    if not constraint:
        return None
    if constraint.keys() != {"start_date"}:
        raise CannotTakeError(f"its price depends on {', '.join(sorted(constraint))}")
    return day(constraint["start_date"])


def _bands(prices: Mapping[str, Any]) -> _Bands:
    """Return the rates by band: a component that has no price of its own above keeps the one below."""
    if unknown := sorted(prices.keys() - _COMPONENTS.keys()):
        raise CannotTakeError(f"Ratecard has no component for {', '.join(unknown)}")
    if not prices:
        raise CannotTakeError("it has no price")
    found = {_COMPONENTS[name]: _steps(value) for name, value in prices.items() if value is not None}
    starts = sorted({start for steps in found.values() for start, _ in steps})
    return {
        start: {name: [price for begins, price in steps if begins <= start][-1] for name, steps in found.items()}
        for start in starts
    }


def _steps(value: Any) -> Sequence[tuple[int, Decimal]]:
    if not isinstance(value, dict):
        return [(0, amount(value))]
    tiers = [(int(tier["start"]), amount(tier["price"])) for tier in value["tiers"]]
    return [(0, amount(value["base"])), *sorted(tiers)]
