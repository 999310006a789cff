"""What an administrator may ask of own prices, and what is wrong or doubtful with it. Pure.

What is wrong is refused. What is doubtful is refused unless it is said again with `force`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

import msgspec

from ratecard_registry.moments import moment
from ratecard_registry.past import FIRST_DAY, LAST_DAY
from ratecard_registry.problems import Problem
from ratecard_registry.stored import OwnKind, OwnPrice, Price, StoredModel, midnight
from ratecard_registry.suspicion import Beside, Kind, suspicions
from ratecard_registry.views import View, camel
from ratecard_shared.prices import GLOBAL, STANDARD, UNITS, USD, Evidence, PriceRow

_Text = Annotated[str, msgspec.Meta(max_length=2000)]
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_URL: Final = re.compile(r"https?://[^\s\0]+")
_MOST_DIGITS: Final = 40
_LARGEST_BAND: Final = 10**12
_DOUBTFUL: Final = {Kind.CACHED_ABOVE_INPUT, Kind.UNIT, Kind.ZERO}
_COMPONENTS: Final = {**{camel(name): name for name in UNITS}, **{name: name for name in UNITS}}


class EvidenceGiven(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What proves the price: words of the contract or the page, or where they can be read. One of both is needed."""

    text: _Text = ""
    url: _Text = ""


class OwnPriceRequest(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price to be charged instead of the list's.

    `kind` is negotiated (agreed with the provider) or correction (the list was misread). `rates` are by component
    (`input`, `output`, `cachedInput` ...), each per its unit. `effectiveFrom` is a day or a time, left out: now, or for
    a correction since when the misread price is in force. `effectiveUntil` is the last day. `force` takes what looks
    like a slip: a rate of zero, cached input dearer than input, a factor of 1,000 beside the list.
    """

    provider: str
    model: str
    kind: OwnKind
    evidence: EvidenceGiven
    rates: dict[str, Decimal] = msgspec.field(default_factory=dict)
    free: bool = False
    tier: str = STANDARD
    context_limit: int = 0
    currency: str = USD
    region: str = GLOBAL
    effective_from: str | None = None
    effective_until: date | None = None
    note: _Text = ""
    force: bool = False


class EndRequest(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an own price ends, a day (its beginning) or a time, left out: now; and why."""

    at: str | None = None
    reason: _Text = ""


class WithdrawRequest(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an own price is withdrawn."""

    reason: _Text = ""


def own_price(asked: OwnPriceRequest, model: StoredModel, *, now: datetime) -> OwnPrice:
    """Return the own price that is asked for, without a number yet.

    Raises Problem: 400 for what is wrong, 409 for what is doubtful.
    """
    if wrong := [*_wrong(asked)]:
        raise Problem(400, f"This is no price: {'; '.join(wrong)}.")
    row = _row(asked)
    listed = next((price for price in model.prices if price.key == row.key), None)
    _check(asked, row, listed or _base(model, row))
    begins = _begins(asked, listed, now)
    ends = midnight(asked.effective_until + timedelta(days=1)) if asked.effective_until else None
    if ends and ends <= begins:
        raise Problem(400, f"`effectiveUntil` {asked.effective_until} is over when it begins, {begins.isoformat()}.")
    text = asked.evidence.text.strip()
    evidence = Evidence(
        url=asked.evidence.url.strip(),
        fetched_at=now,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        strategy=asked.kind.value,
        text=text,
    )
    price = Price(
        tier=row.tier,
        above_tokens=row.above_tokens,
        currency=row.currency,
        region=row.region,
        rates=row.rates,
        free=row.free,
        effective_date=begins,
        evidence=evidence,
    )
    return OwnPrice(
        number=0,
        kind=asked.kind,
        price=price,
        end_date=ends,
        recorded_at=now,
        note=asked.note,
        corrects=listed.said if listed else None,
    )


def ends_at(own: OwnPrice, asked: EndRequest, now: datetime) -> datetime:
    """Return when the own price shall end. Raises Problem."""
    at = moment(asked.at, "at") or now
    if not FIRST_DAY <= at <= LAST_DAY:
        raise Problem(400, f"`at` is from 1970 to 9999, not {at.isoformat()}.")
    if at <= own.price.effective_date:
        begins = own.price.effective_date.isoformat()
        raise Problem(409, f"It begins at {begins} only: withdraw it, if it shall never be charged.")
    if own.end_date and at >= own.end_date:
        raise Problem(409, f"It ends at {own.end_date.isoformat()} already. To prolong it, record another.")
    return at


def _wrong(asked: OwnPriceRequest) -> Iterator[str]:
    if unknown := sorted(asked.rates.keys() - _COMPONENTS.keys()):
        yield f"no component is called {', '.join(unknown)[:200]}; there are {', '.join(map(camel, UNITS))}"
    if len({_COMPONENTS.get(name, name) for name in asked.rates}) < len(asked.rates):
        yield "a component is named twice"
    if not asked.rates and not asked.free:
        yield "it has neither `rates` nor `free`"
    if asked.free and any(amount for amount in asked.rates.values()):
        yield "it is `free` and has a rate above zero"
    for name, amount in asked.rates.items():
        if not amount.is_finite():
            yield f"{name} is {amount}, which is no number"
        elif abs(amount.adjusted()) > _MOST_DIGITS or len(amount.as_tuple().digits) > _MOST_DIGITS:
            yield f"{name} is out of any range"
        elif amount < 0:
            yield f"{name} is less than nothing"
    yield from _wrong_place(asked)


def _wrong_place(asked: OwnPriceRequest) -> Iterator[str]:
    for name in ("tier", "region"):
        if not _NAME.fullmatch(getattr(asked, name)):
            yield f"`{name}` is a name in small letters, such as {STANDARD if name == 'tier' else GLOBAL}"
    if not _CURRENCY.fullmatch(asked.currency):
        yield "`currency` is three capital letters, such as USD"
    if not 0 <= asked.context_limit <= _LARGEST_BAND:
        yield "`contextLimit` is a number of tokens, 0 for the base band"
    if not asked.evidence.text.strip() and not asked.evidence.url.strip():
        yield "`evidence` needs a `text` or a `url`: say what proves it"
    if asked.evidence.url and not _URL.fullmatch(asked.evidence.url.strip()):
        yield "`evidence.url` is no http or https address; a reference to a document belongs into `text`"
    if "\0" in f"{asked.note}{asked.evidence.text}":
        yield "there is a NUL character in it"


def _check(asked: OwnPriceRequest, row: PriceRow, beside: Price | None) -> None:
    found = suspicions(row, Beside(old=beside))
    if doubts := [one.reason for one in found if one.kind in _DOUBTFUL] if not asked.force else []:
        raise Problem(409, f"This looks like a slip: {'; '.join(doubts)}. If it is right, send `force: true`.")


def _row(asked: OwnPriceRequest) -> PriceRow:
    return PriceRow(
        name=asked.model,
        tier=asked.tier,
        above_tokens=asked.context_limit,
        currency=asked.currency,
        region=asked.region,
        rates={_COMPONENTS[name]: amount for name, amount in asked.rates.items()},
        free=asked.free,
    )


def _base(model: StoredModel, row: PriceRow) -> Price | None:
    """Return the price to compare one with that the list does not have: that of the standard tier's base band."""
    near = (price for price in model.prices if price.key == (STANDARD, 0, row.currency, row.region))
    return next(near, None)


def _begins(asked: OwnPriceRequest, listed: Price | None, now: datetime) -> datetime:
    begins = moment(asked.effective_from, "effectiveFrom")
    if begins is None:
        begins = listed.effective_date if listed and asked.kind is OwnKind.CORRECTION else now
    if not FIRST_DAY <= begins <= LAST_DAY:
        raise Problem(400, f"`effectiveFrom` is from 1970 to 9999, not {begins.isoformat()}.")
    return begins
