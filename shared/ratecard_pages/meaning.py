"""Layers of words become one meaning, and a meaning becomes components. What contradicts itself is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from ratecard_pages.bands import Band
from ratecard_pages.facts import Scope
from ratecard_pages.figures import Figure
from ratecard_pages.units import (
    CHARACTERS,
    IMAGE,
    MINUTE,
    OTHER,
    PAGES,
    REQUESTS,
    SECOND,
    TOKEN_HOUR,
    TOKENS,
    Unit,
    take_units,
)
from ratecard_pages.words import LONG, Meaning, fold
from ratecard_shared.prices import STANDARD, UNITS

_LEAST_COUNT: Final = 1_000
_NOTHING: Final = Meaning()
_TOKEN_BASES: Final = ("input", "cached_input", "cache_write", "cache_write_5m", "cache_write_1h", "output")
_OF_SOUND: Final[tuple[frozenset[str], ...]] = (frozenset(), frozenset({"audio"}), frozenset({"audio", "text"}))
"""What a minute may be of: nothing else, sound, or speech that becomes text."""


class Refused(Exception):  # noqa: N818 - it is no error of the program: it is how a reader says no
    """A figure is not taken, for the reason it carries."""


def combine(layers: Iterable[Meaning]) -> Meaning:
    """Join meanings from the outside in. Inner words decide; two that exclude each other are refused."""
    result = _NOTHING
    for layer in layers:
        if layer != _NOTHING:
            result = layer if result is _NOTHING else _join(result, layer)
    return result


def settled(layers: Sequence[Meaning]) -> list[Meaning]:
    """The layers as one, where they agree, so that they are not joined again for every figure below them."""
    try:
        return [combine(layers)]
    except Refused:
        return list(layers)


def _join(outer: Meaning, inner: Meaning) -> Meaning:
    return msgspec.structs.replace(
        inner,
        component=_component(outer.component, inner.component),
        modalities=inner.modalities or outer.modalities,
        units=_units(outer.units, inner.units),
        tier=inner.tier or outer.tier,
        band=_band(outer.band, inner.band),
        context=_agree(outer.context, inner.context, "context"),
        currency=_agree(outer.currency, inner.currency, "currency"),
        training=outer.training or inner.training,
        loose=outer.loose or inner.loose,
        estimate=outer.estimate or inner.estimate,
        left_out=outer.left_out or inner.left_out,
        order=inner.order or outer.order,
        since=inner.since or outer.since,
        until=inner.until or outer.until,
        doubt=inner.doubt or ("" if inner.tier else outer.doubt),
        unknown=f"{outer.unknown} {inner.unknown}".strip(),
    )


def _component(outer: str | None, inner: str | None) -> str | None:
    if outer is None or inner is None or outer == inner:
        return inner or outer
    if inner == "cache_storage_hour" and outer == "cached_input":
        return inner
    if outer == "input" and inner.startswith("cache"):
        return inner
    if inner == "input" and outer.startswith("cache"):
        return outer
    raise Refused(f"its labels say both {outer} and {inner}")


def _units(outer: tuple[Unit, ...], inner: tuple[Unit, ...]) -> tuple[Unit, ...]:
    for unit in inner:
        clash = [other for other in outer if other.kind == unit.kind and other.count != unit.count]
        if clash and unit not in outer:
            raise Refused(f"its labels give two units: per {clash[0].count} and per {unit.count} {unit.kind}")
    return inner or outer


def _band(outer: Band | None, inner: Band | None) -> Band | None:
    if outer is not None and inner is not None and outer.above != inner.above:
        raise Refused(f"its labels give two context bands: above {outer.above} and above {inner.above} tokens")
    return inner or outer


def _agree(outer: str | None, inner: str | None, what: str) -> str | None:
    if outer and inner and outer != inner:
        raise Refused(f"its labels give two values of {what}: {outer} and {inner}")
    return inner or outer


def above(meaning: Meaning, scope: Scope) -> int:
    """The context band in tokens; "long context" without a number takes the one that the page gives elsewhere."""
    if meaning.band is not None:
        return meaning.band.above
    if meaning.context != LONG:
        return 0
    if scope.long_context is None:
        raise Refused('the page does not say how many tokens "long context" is')
    return scope.long_context


def tier(meaning: Meaning) -> str:
    return meaning.tier or STANDARD


def currency(figure: Figure, meaning: Meaning, scope: Scope, *, assume: bool = False) -> str:
    """The currency of a figure, which has to be the expected one."""
    printed = figure.currency
    if printed == "¥":
        printed = scope.currency if scope.currency in ("CNY", "JPY") else "CNY"
    if printed and meaning.currency and printed != meaning.currency:
        raise Refused(f"its currency is {printed} in the cell and {meaning.currency} in the labels")
    of_page = scope.page_currency if meaning.currency is None else None
    if printed and of_page and printed != of_page:
        raise Refused(f"its currency is {printed} in the cell and {of_page} in the page's words")
    if printed is None and not assume and figure.amount >= _LEAST_COUNT:
        raise Refused("a number of that size without a currency may be one of tokens")
    found = printed or meaning.currency or scope.page_currency or (scope.currency if assume else None)
    if found is None:
        raise Refused("no currency is given")
    if found != scope.currency:
        raise Refused(f"its currency is {found}, where {scope.currency} is expected")
    return found


def the_unit(meaning: Meaning, scope: Scope) -> Unit | None:
    """The one unit of a figure. A label with two units is settled by the modality, where only one of them can hold."""
    units = meaning.units
    kinds = {unit.kind for unit in units}
    if len(units) == 2 and kinds == {MINUTE, TOKENS}:  # noqa: PLR2004 - the label's own pair
        wanted = TOKENS if meaning.modalities == {"text"} else MINUTE if meaning.modalities == {"audio"} else None
        units = tuple(unit for unit in units if unit.kind == wanted)
    if len(units) > 1:
        raise Refused("its labels give several units")
    if units:
        return units[0]
    if scope.page.unit and meaning.component in _TOKEN_BASES:
        return _silent(scope.page.unit)
    return None


@lru_cache(maxsize=64)
def _silent(unit: str) -> Unit | None:
    units, _ = take_units(fold(unit))
    return units[0] if units else None


def components(meaning: Meaning, unit: Unit | None, *, is_zero: bool, about_video: bool) -> tuple[str, ...]:
    """The components that a figure prices."""
    if meaning.unknown:
        raise Refused(f"it has words that are not understood: {meaning.unknown[:80]!r}")
    if meaning.doubt:
        raise Refused(f"{meaning.doubt[:80]!r} over it may say its tier")
    if meaning.left_out:
        raise Refused("the provider file leaves this label out")
    if meaning.training:
        raise Refused("it is a price for training or fine-tuning")
    base = meaning.component
    if meaning.order and base is None and (unit is None or unit.kind == TOKENS):
        raise Refused(f"it is not one figure each for {' and '.join(meaning.order)}")
    if unit is None:
        if is_zero and base is not None:
            return _tokens(base, meaning) if base in _TOKEN_BASES else (base,)
        raise Refused("no unit is given")
    if is_zero and base == "cache_storage_hour":
        return (base,)
    other = base if not (meaning.loose and unit.kind != TOKENS) else None
    return _by_unit(unit.kind, other, meaning, about_video=about_video)


def _by_unit(kind: str, base: str | None, meaning: Meaning, *, about_video: bool) -> tuple[str, ...]:
    modalities = meaning.modalities
    if kind == TOKENS and base in _TOKEN_BASES:
        return _tokens(base, meaning)
    if kind == TOKENS and base == "image":
        return ("image_output",)
    if kind == OTHER:
        raise Refused("there is no component for its unit")
    allowed = {
        TOKEN_HOUR: ("cache_storage_hour", base in (None, "cached_input", "cache_storage_hour")),
        IMAGE: ("image", base in (None, "image", "output") and not modalities & {"audio", "video"}),
        MINUTE: ("audio_minute", base in (None, "input") and modalities in _OF_SOUND),
        SECOND: (
            "video_second",
            base in (None, "output") and ("video" in modalities or (about_video and not modalities)),
        ),
        CHARACTERS: ("characters", base in (None, "input")),
        REQUESTS: ("requests", base is None and not modalities),
        PAGES: ("pages", base is None and not modalities),
    }
    component, fits = allowed.get(kind, ("", False))
    if not fits:
        raise Refused(f"{base or 'a price'} per {kind} is no component")
    return (component,)


def _tokens(base: str, meaning: Meaning) -> tuple[str, ...]:
    if not meaning.modalities or "text" in meaning.modalities:
        return (base,)
    named = tuple(f"{modality}_{base}" for modality in sorted(meaning.modalities))
    if any(name not in UNITS for name in named):
        raise Refused(f"there is no component {' or '.join(named)}")
    return named
