"""A change of a price or a model in one line: what it was, and what it is. On a terminal up and down have a mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ratecard_cli.terminal import Piece, figure, on_terminal
from ratecard_registry.views import camel
from ratecard_shared.events import ModelChanged, PriceChangeKind, PriceSaid, PricingChanged
from ratecard_shared.prices import GLOBAL, UNITS, USD
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED

_WIDTH: Final = len(PRICING_CHANGED.name)
_ORDER: Final = [camel(name) for name in UNITS]
UP: Final = (" ▲", "red")
DOWN: Final = (" ▼", "green")


def line(event: PricingChanged | ModelChanged) -> str:
    """Return an event in one line."""
    return "".join(piece[0] for piece in _pieces(event) if piece not in (UP, DOWN))


def pieces(event: PricingChanged | ModelChanged) -> Iterable[Piece]:
    """Return the line in pieces with their styles, with marks where somebody watches."""
    return _pieces(event) if on_terminal() else [(line(event), "")]


def event(change: Any) -> PricingChanged | ModelChanged:
    """Return the event that the API shows as this JSON. What the line does not tell is left out."""
    about: dict[str, Any] = {
        "event_id": change["eventId"],
        "sync_id": change["syncId"],
        "occurred_at": datetime.fromisoformat(change["occurredAt"]),
        "provider": change["provider"],
        "model_id": change["modelId"],
        "revision": change["revision"],
        "kind": change["kind"],
    }
    if change["type"] == MODEL_CHANGED.name:
        return ModelChanged(
            **about,
            display_name=change["displayName"],
            usability=change["usability"],
            changed_fields=tuple(change["changedFields"]),
        )
    return PricingChanged(
        **about,
        tier=change["tier"],
        above_tokens=change["contextLimit"],
        currency=change["currency"],
        region=change["region"],
        old=_said(change["old"]),
        new=_said(change["new"]),
        effective_date=datetime.fromisoformat(change["effectiveDate"]),
        source=change["source"],
    )


def components(price: Any) -> dict[str, Decimal]:
    """Return every rate of a price that the API shows, by component, in their usual order."""
    named = {"input": price["inputCostPerMillion"], "output": price["outputCostPerMillion"]}
    rates = {**named, **{name: rate["amount"] for name, rate in price["rates"].items()}}
    return {name: Decimal(rates[name]) for name in sorted(rates, key=place_of) if rates[name] is not None}


def _said(price: Any) -> PriceSaid | None:
    return PriceSaid(rates=components(price), free=price["free"]) if price else None


def _pieces(event: PricingChanged | ModelChanged) -> Iterator[Piece]:
    model = f"{event.provider}/{event.model_id}"
    if isinstance(event, ModelChanged):
        what = f" ({', '.join(event.changed_fields)})" if event.changed_fields else ""
        yield from ((f"{MODEL_CHANGED.name:<{_WIDTH}}  ", ""), (model, "bold"), (f"  {event.kind}{what}", ""))
        return
    yield from ((f"{PRICING_CHANGED.name:<{_WIDTH}}  ", ""), (model, "bold"))
    yield f"  {event.kind}  {' '.join(_row(event))}: ", ""
    yield from _differences(event.old, event.new)
    if event.kind == PriceChangeKind.SCHEDULED:
        yield f" from {event.effective_date:%Y-%m-%d} on", ""


def _row(event: PricingChanged) -> Iterator[str]:
    yield event.tier
    if event.above_tokens:
        yield f"> {event.above_tokens:,} tokens"
    if event.region != GLOBAL:
        yield event.region
    if event.currency != USD:
        yield event.currency
    if event.source != "list":
        yield f"({event.source})"


def _differences(old: PriceSaid | None, new: PriceSaid | None) -> Iterator[Piece]:
    if new and new.free:
        yield "free", "green"
        return
    before, after = ({camel(name): rate for name, rate in (said.rates if said else {}).items()} for said in (old, new))
    comma = ""
    for component in sorted({*before, *after}, key=place_of):
        was, now = before.get(component), after.get(component)
        if old is None or new is None:
            yield f"{comma}{component} {_amount(now if new else was)}", ""
        elif was != now:
            yield f"{comma}{component} {_amount(was)} -> {_amount(now)}", ""
            if was is not None and now is not None:
                yield UP if now > was else DOWN
        else:
            continue
        comma = ", "


def _amount(amount: Decimal | None) -> str:
    return "none" if amount is None else figure(amount)


def place_of(component: str) -> int:
    """Return where a component stands among the others."""
    # A component that this version does not know yet comes last.
    return _ORDER.index(component) if component in _ORDER else len(_ORDER)
