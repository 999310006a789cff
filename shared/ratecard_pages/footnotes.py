"""Footnotes that change a number: a mark beside a figure sends to a sentence that may contradict or add to it."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ratecard_pages.blocks import Prose, Span, Table
from ratecard_pages.facts import Fact, Scope
from ratecard_pages.figures import MONEY, Cell, Figure
from ratecard_pages.meaning import Refused, combine, components, currency, the_unit
from ratecard_pages.statements import may_change_prices
from ratecard_pages.units import TOKENS, take_units
from ratecard_pages.words import Meaning, fold, understand

_LEAD: Final = re.compile(r"\s*\[?(\*+|†+|‡+|\d{1,2}|[¹²³⁴⁵⁶⁷⁸⁹])[\].)]?\s*(?=\S)")
_MOST_BELOW: Final = 40
_PRICED_AT: Final = re.compile(
    r"(?P<what>[a-z ]{3,40}?) (?:is|are) (?:priced|billed|charged) at "
    r"(?P<price>[^.;]*?(?:\.\d+[^.;]*?)*)(?:[.;](?:\s|$)|$)"
)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a cell that no footnote makes doubtful, and why the others are not kept."""

    cell: Cell
    reasons: tuple[str, ...] = ()


def refused_by_footnote(cell: Cell, layers: Sequence[Meaning], prose: Sequence[Prose]) -> Kept:
    """Drop figures without a unit of their own whose footnote gives a price in another unit than their column."""
    kept, reasons = [], []
    for figure in cell.figures:
        note = _note(figure, prose)
        own = understand(figure.words)
        if figure.marks and note is None and not own.units:
            reasons.append("the footnote that it points to is not on the page")
        elif note is not None and not own.units and _other_unit(note.text, layers):
            reasons.append(f"its footnote prices it in another unit: {note.text[:80]!r}")
        else:
            kept.append(figure)
    return Kept(cell=msgspec.structs.replace(cell, figures=tuple(kept)), reasons=tuple(reasons))


class Notes:
    """The footnotes below a table: the first text behind it that begins with a mark is that mark's."""

    def __init__(self, table: Table, prose: Sequence[Prose], currency: str) -> None:
        """Look for them among the texts of the page, which are in its order."""
        end = max((cell.end for row in table.rows for cell in row if cell is not None), default=0)
        first = bisect.bisect_left(prose, end, key=lambda said: said.start)
        self._currency = currency
        self._below = prose[first : first + _MOST_BELOW]

    def doubt(self, marks: Iterable[str], *, of_a_tier: bool) -> str | None:
        """The footnote of one of the marks that may change what is printed beside it."""
        wanted = set(marks)
        if not wanted:
            return None
        leads = ((_LEAD.match(said.text), said.text) for said in self._below)
        notes = (text for lead, text in leads if lead is not None and unicodedata.normalize("NFKC", lead[1]) in wanted)
        said = ((text, _LEAD.sub("", text, count=1)) for text in notes)
        return next((text for text, note in said if may_change_prices(note, self._currency, of_a_tier=of_a_tier)), None)


def footnote_facts(facts: Sequence[Fact], cell: Cell, prose: Sequence[Prose], scope: Scope) -> list[Fact]:
    """What a footnote adds about a figure that it repeats: "Image output is priced at $30 per 1,000,000 tokens"."""
    added: list[Fact] = []
    for figure in cell.figures:
        note = _note(figure, prose)
        if note is None or not any(_amount(match) == figure.printed for match in MONEY.finditer(fold(note.text))):
            continue
        for fact in facts[:1]:
            added += _from_note(fact, note, scope)
    return added


def _note(figure: Figure, prose: Sequence[Prose]) -> Prose | None:
    for said in prose:
        lead = _LEAD.match(said.text)
        if lead is not None and unicodedata.normalize("NFKC", lead[1]) in figure.marks:
            return said
    return None


def _other_unit(note: str, layers: Sequence[Meaning]) -> bool:
    try:
        ours = {unit.kind for unit in combine(layers).units}
    except Refused:
        return True
    return MONEY.search(fold(note)) is not None and any(
        unit.kind not in ours for unit in take_units(fold(note))[0] if unit.kind != TOKENS
    )


def _amount(match: re.Match[str]) -> str:
    return match["n1"] or match["n2"]


def _from_note(fact: Fact, note: Prose, scope: Scope) -> list[Fact]:
    found = _PRICED_AT.search(_LEAD.sub("", fold(note.text), count=1))
    price = MONEY.search(found["price"]) if found else None
    if found is None or price is None:
        return []
    after = re.split(r",\s|;|\b(?:and|or)\b", found["price"][price.end() :])[0]
    words = found["price"][: price.start()] + " " + after
    try:
        meaning = combine([understand(found["what"].replace(" output", " : output")), understand(words)])
        figure = Figure(amount=Decimal(_amount(price).replace(",", "")), printed=_amount(price), currency=None)
        unit = the_unit(meaning, scope)
        names = components(meaning, unit, is_zero=False, about_video=False)
        code = currency(msgspec.structs.replace(figure, currency=fact.currency), Meaning(), scope)
    except Refused:
        return []
    if unit is None or unit.kind != TOKENS:
        return []
    span = Span(text=fact.span.text, start=min(fact.span.start, note.start), end=max(fact.span.end, note.end))
    return [
        msgspec.structs.replace(
            fact, component=name, amount=unit.normalise(figure.amount), currency=code, span=span, per=unit.count
        )
        for name in names
    ]
