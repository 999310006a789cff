"""What the cells beside a model's name say of the prices of their row: unit, tier, band, currency, time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ratecard_pages.blocks import Cell
from ratecard_pages.context import is_of_another_time, of_heading, prices_no_model
from ratecard_pages.figures import has_money, read_cell
from ratecard_pages.names import Names, dates
from ratecard_pages.statements import TIER_WORD
from ratecard_pages.units import TOKENS
from ratecard_pages.words import Meaning, fold, understand

LABELS: Final = re.compile(
    r"modalit(?:y|ies)|type|token type|price type|billing (?:item|unit)|"
    r"(?:pricing |price )?unit|unit of measure|category|tier|mode|service tier|flavou?r|"
    r"time(?: of day)?|currency|计费项|计费单位|单位|类型|项目|子项"
)
REGION: Final = re.compile(r"(?:regions?|locations?|countr(?:y|ies)|geograph(?:y|ies))|地域|区域")
_UNIT: Final = re.compile(r"(?:billing |price |pricing )?units?|计费单位|单位|unit of measure")
_DECIDING: Final = re.compile(
    r"(?:service )?tier|mode|(?:billing |pricing |price )?unit|unit of measure|currency|计费单位|单位"
)
"""Columns without which nobody knows what the figures of a row are."""
_NOT_YET: Final = re.compile(r"coming soon|planned|announced|upcoming|not (?:yet )?available")

_ANY_MODE: Final = re.compile(
    r"non-?thinking(?: mode)?(?:(?: and |/| or |, ?)thinking(?: mode)?)?|"
    r"thinking(?: and |/| or |, ?)non-?thinking(?: mode)?|"
    r"非思考(?:模式)?(?:[/和与、]思考(?:模式)?)?|思考(?:模式)?[/和与、]非思考(?:模式)?"
)
"""What a model does unless it is asked for another mode, with that one or without."""
_DATES: Final = (
    ("until", re.compile(r"(?:valid |effective )?(?:until|through)|expir|(?:price |offer )?ends?\b")),
    ("from", re.compile(r"(?:price )?(?:effective|starting|starts|valid from|in effect|since|生效)")),
)
_A_REGION: Final = re.compile(
    r"(?:the )?(?:us|usa|united states|eu|europe|european union|uk|asia|asia[ -]pacific|apac|"
    r"emea|china|japan|singapore|india|[a-z]{2}-(?:north|south|east|west|central)[a-z]*-\d)(?: regions?| only)?"
)


_LENGTH: Final = re.compile(
    r"[(\[]\s*\d+\s*[km]?\s*,\s*(?:\d|\+?∞)|\d\s*[km]?\s*(?:<=?|≤)\s*(?:tokens?|inputs?|prompts?|输入)|"
    r"(?:input|prompt|context|输入|上下文)\D{0,12}(?:[<>≤≥]|\d\s*[km]?\s*[-~–])\s*\d"
)
_PLAIN: Final = re.compile(r"(?<![\w.])\d+(?![\w.])")


def length(text: str, header: str) -> Meaning | None:
    """The band of a cell that says for how many tokens its row's prices are; None for any other cell.

    Its numbers are thousands where the header says so. A band that is not understood makes the row doubtful.
    """
    thousands = any(unit.kind == TOKENS and unit.count == 1_000 for unit in understand(header).units)  # noqa: PLR2004
    meaning = understand(_PLAIN.sub(r"\g<0>k", text) if thousands else text)
    if meaning.band is not None and not (meaning.unknown or meaning.component or has_money(text)):
        return Meaning(band=meaning.band)
    return Meaning(unknown=text) if _LENGTH.search(fold(text)) is not None and not has_money(text) else None


def beside(text: str, header: str, *, labels: bool) -> Meaning:
    """What a cell says under a header that `labels` rows, or under any other.

    Under another, a tier alone may be the row's, or what its model can do: then it is in doubt.
    """
    if (band := length(text, header)) is not None:
        return band
    if _ANY_MODE.fullmatch(fold(text)) is not None:
        return Meaning()
    meaning = _of_label(text, header)
    if labels and not meaning.unknown:
        return meaning
    deciding = labels and _DECIDING.fullmatch(fold(header)) is not None and not read_cell(text).empty
    if deciding or _NOT_YET.fullmatch(fold(text)) is not None:
        return Meaning(unknown=text)
    if TIER_WORD.search(text) is not None and meaning.unknown in ("", "only"):
        return Meaning(doubt=text)
    return Meaning()


def _of_label(text: str, header: str) -> Meaning:
    meaning = understand(text)
    if not meaning.units and _UNIT.fullmatch(fold(header)) is not None:
        return understand(f"per {text}")  # "image", "minute"
    return meaning


def section(cells: Sequence[Cell], before: Meaning) -> Meaning | None:
    """What a row says of the rows after it that has only one text, in one cell or merged; None for any other row.

    A model without prices looks the same: what has digits and is not understood is taken for one. `before` is what held
    so far: words that are not understood may end it or not.
    """
    said = list(dict.fromkeys(cell for cell in cells if cell.text))
    text = said[0].text if len(said) == 1 else ""
    if not text or not (read_cell(text).is_text or is_of_another_time(text)):
        return None
    meaning = understand(text)
    if is_of_another_time(text) or prices_no_model(text) or _A_REGION.fullmatch(fold(text)) is not None:
        return Meaning(unknown=text)
    found = of_heading(text, meaning)
    if found is None and any(unit.kind != TOKENS for unit in meaning.units):
        return Meaning(units=meaning.units, tier=meaning.tier, currency=meaning.currency)
    parts = [understand(piece) for piece in said[0].pieces]
    if found is None and (units := [part for part in parts if part.units and not part.unknown]):
        return Meaning(units=units[0].units, currency=units[0].currency)
    if found is None and re.search(r"\d", text) is None:
        return before if before == Meaning() else Meaning(unknown=text)
    return found


def dated(names: Names, text: str, header: str) -> Names:
    """The same, for the time that a cell gives: "from October 1, 2026", or a date that its header is about."""
    when = next((word for word, begins in _DATES if begins.match(fold(header))), "")
    since, until = dates(f"{when} {text}")
    return msgspec.structs.replace(
        names,
        effective_from=names.effective_from or since,
        effective_until=names.effective_until or until,
    )
