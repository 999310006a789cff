"""Strategy `cards`: models on cards, without a table.

A figure's label is what stands before it, outward through the card.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from lxml import etree

from ratecard_pages.blocks import Span
from ratecard_pages.context import other_prices
from ratecard_pages.facts import Fact, Found, Scope, one_unit, refusal, torn
from ratecard_pages.figures import MONEY, read_cell
from ratecard_pages.html_blocks import SEEN, Place
from ratecard_pages.html_text import visible_texts
from ratecard_pages.names import Names, read_names
from ratecard_pages.priced import price_cell
from ratecard_pages.words import Meaning, fold, understand
from ratecard_providers.pricing import Cards
from ratecard_shared.prices import Refusal

NAME: Final = "cards"
_UNIT_START: Final = re.compile(r"(?:/|per\b)")

_LONGEST_WORD: Final = 40
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset({*_HEADINGS, "div", "p", "ul", "ol", "table", "section"})
_MOST_CARDS: Final = 1_000
_LONGEST_CARD: Final = 20_000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a card, with its unit if that follows it, and the labels before it from the outside in."""

    labels: tuple[str, ...]
    value: str


def read_cards(cards: list[etree._Element], places: Mapping[etree._Element, Place], spec: Cards, scope: Scope) -> Found:
    """Read every card that the provider file's selector found, with its place in the text that the page shows."""
    facts: list[Fact] = []
    refused: list[Refusal] = []
    inner = set(cards)
    for card in cards[:_MOST_CARDS]:
        place = places.get(card)
        if place is None:
            continue
        if (section := other_prices(place.context)) is not None:
            refused.append(refusal(section, f"the section {section!r} is about other prices than today's"))
            continue
        if inner & set(card.iterdescendants()):
            refused.append(torn(spec.card, "a card stands within another one, so tags are not closed"))
            continue
        reader = _Card(card, Span(text=SEEN, start=place.start, end=place.end), spec, scope)
        reader.read()
        facts += reader.facts
        refused += reader.refused
    reason = "" if cards else f"the page has no element {spec.card!r}"
    found = Found(mine=bool(cards), facts=tuple(facts), refused=tuple(refused), reason=reason)
    return one_unit(found, "the page")


class _Card:
    def __init__(self, card: etree._Element, span: Span, spec: Cards, scope: Scope) -> None:
        self.facts: list[Fact] = []
        self.refused: list[Refusal] = []
        self._card, self._span, self._spec, self._scope = card, span, spec, scope
        self._texts = visible_texts(card)

    def read(self) -> None:
        text = self._texts[self._card]
        named = self._card.cssselect(self._spec.name)
        if not named:
            self.refused.append(refusal(text, "the card has no name where the provider file expects it"))
            return
        said = {fold(piece) for piece in self._texts.values() if len(piece) < _LONGEST_WORD}
        if any(fold(word) in said for word in self._spec.skip):
            return
        if str(named[0].tag) in _HEADINGS and any(child.tag in _BLOCKS for child in named[0].iterdescendants()):
            self.refused.append(torn(text, "its name holds more than a name, so tags are not closed"))
            return
        names = read_names((self._texts[named[0]],))
        if names.fault is not None:
            self.refused.append(refusal(text, names.fault))
            return
        for line in self._lines(self._card, (), named[0]):
            self._line(line, names)

    def _line(self, line: Line, names: Names) -> None:
        label = " ".join(line.labels)
        if understand(label).training:
            return
        facts, refused = price_cell(
            read_cell(line.value),
            [_meaning(line.labels, self._scope)],
            names,
            self._scope,
            span=self._span,
            strategy=NAME,
            text=f"{names.names[0]}: {label} {line.value}",
        )
        self.facts += facts
        self.refused += refused

    def _lines(self, element: etree._Element, labels: tuple[str, ...], name: etree._Element) -> list[Line]:
        """Every figure below an element, with the labels before it from the outside in."""
        children = list(element.iterchildren("*"))
        inside = {child for child in children if _is_priced(self._texts[child])}
        if not inside:
            text = self._texts[element]
            return [Line(labels=labels, value=text)] if _is_priced(text) else []
        lines: list[Line] = []
        here = " ".join((element.text or "").split())
        for child in children:
            said = self._texts[child]
            if child in inside:
                lines += self._lines(child, (*labels, here) if here else labels, name)
            elif said and child is not name and name not in child.iterdescendants():
                if lines and _UNIT_START.match(fold(said)):
                    lines[-1] = Line(labels=lines[-1].labels, value=f"{lines[-1].value} {said}")
                else:
                    here = said
            here = " ".join((child.tail or "").split()) or here
        return lines


def _is_priced(text: str) -> bool:
    return (len(text) < _LONGEST_CARD and MONEY.search(fold(text)) is not None) or fold(text) in ("free", "免费")


def _meaning(labels: tuple[str, ...], scope: Scope) -> Meaning:
    """The last labels that are understood together: a heading or a remark further out may be no label at all."""
    for start in range(len(labels)):
        meaning = understand(" ".join(labels[start:]), scope.page.words)
        if not meaning.unknown:
            return meaning
    return understand(" ".join(labels[-1:]), scope.page.words) if labels else Meaning()
