"""Prices that an API states beside its models: a second source, in the unit that the provider file says.

A negative figure, a figure that is no number, a unit other than the expected, or an amount beyond all measure, which
has another unit: no row. Zero is no price unless the file says that a zero for both input and output means free.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ratecard_discovery.paths import found, raw_at
from ratecard_providers.endpoint import StatedPrices
from ratecard_shared.prices import Evidence, PriceRow, is_beyond_measure

_MOST_DIGITS: Final = 30


def stated_prices(item: Any, raw: bytes, spec: StatedPrices, *, name: str, evidence: Evidence) -> tuple[PriceRow, ...]:
    """Return the price rows that `item`, which was sent as `raw`, states. `evidence` lacks only the text."""
    source = found(item, spec.at)
    if not isinstance(source, dict) or any(found(source, path) != due for path, due in spec.require.items()):
        return ()
    text = _text_at(raw, spec.at)
    bands = [(0, source), *_bands(source, spec)]
    rows = (_row(prices, above, spec, name) for above, prices in bands)
    return tuple(replace(row, evidence=replace(evidence, text=text)) for row in rows if row)


def _text_at(raw: bytes, path: str) -> str:
    try:
        return raw_at(raw, path).decode()
    except (msgspec.MsgspecError, KeyError):  # a key that stands twice: the last one counts, as everywhere in JSON
        return raw.decode()


def _bands(source: dict[str, Any], spec: StatedPrices) -> list[tuple[int, Any]]:
    bands = found(source, spec.bands) if spec.bands else None
    if not isinstance(bands, list):
        return []
    starts = ((found(band, spec.above), band) for band in bands)
    return [(above, band) for above, band in starts if isinstance(above, int) and above > 0]


def _row(prices: Any, above: int, spec: StatedPrices, name: str) -> PriceRow | None:
    said = {component: _number(found(prices, path)) for component, path in spec.rates.items()}
    known = {component: figure for component, figure in said.items() if figure is not None}
    if any(figure < 0 for figure in known.values()):
        return None
    free = spec.zero_is_free and known.get("input") == 0 and known.get("output") == 0
    rates = {
        component: _plain(figure * spec.times_for.get(component, spec.times))
        for component, figure in known.items()
        if figure or (free and component in ("input", "output"))
    }
    if not rates or any(is_beyond_measure(component, rate, spec.currency) for component, rate in rates.items()):
        return None
    return PriceRow(name=name, above_tokens=above, currency=spec.currency, rates=rates, free=free)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS or len(number.as_tuple().digits) > _MOST_DIGITS:
        return None
    return number


def _plain(number: Decimal) -> Decimal:
    return Decimal(format(number.normalize(), "f"))
