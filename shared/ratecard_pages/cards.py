"""Strategy `cards`: models on cards, without a table. A figure's label is what stands before it, outward through the card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

from ratecard_pages.blocks import Span
from ratecard_pages.facts import Fact, Found, Scope, refusal
from ratecard_pages.figures import MONEY, read_cell
from ratecard_pages.html_blocks import SEEN, visible_text
from ratecard_pages.names import Names, read_names
from ratecard_pages.priced import price_cell
from ratecard_pages.words import Meaning, fold, understand
from ratecard_providers.pricing import Cards
from ratecard_shared.prices import Refusal

NAME: Final = "cards"
_UNIT_START: Final = re.compile(r"(?:/|per\b)")


def read_cards(
    cards: list[etree._Element], spans: Mapping[etree._Element, tuple[int, int]], spec: Cards, scope: Scope
) -> Found:
    """Read every card that the provider file's selector found, with its place in the text that the page shows."""
    facts: list[Fact] = []
    refused: list[Refusal] = []
    for card in cards:
        place = spans.get(card)
        if place is None:
            continue
        reader = _Card(card, Span(text=SEEN, start=place[0], end=place[1]), spec, scope)
        reader.read()
        facts += reader.facts
        refused += reader.refused
    reason = "" if cards else f"the page has no element {spec.card!r}"
    return Found(mine=bool(cards), facts=tuple(facts), refused=tuple(refused), reason=reason)


class _Card:
    def __init__(self, card: etree._Element, span: Span, spec: Cards, scope: Scope) -> None:
        self.facts: list[Fact] = []
        self.refused: list[Refusal] = []
        self._card, self._span, self._spec, self._scope = card, span, spec, scope

    def read(self) -> None:
        text = visible_text(self._card)
        named = self._card.cssselect(self._spec.name)
        if not named:
            self.refused.append(refusal(text, "the card has no name where the provider file expects it"))
            return
        pieces = {
            fold(piece) for element in self._card.iter("*") if (piece := visible_text(element)) and len(piece) < 40
        }
        if any(fold(word) in pieces for word in self._spec.skip):
            return
        names = read_names(tuple(part for part in [visible_text(named[0])] if part))
        if names.fault is not None:
            self.refused.append(refusal(text, names.fault))
            return
        found = [line for line in _lines(self._card, (), named[0])]
        if any(understand(" ".join(labels)).training for labels, _ in found):
            found = [line for line in found if not understand(" ".join(line[0])).training]
        for labels, value in found:
            self._line(labels, value, names)

    def _line(self, labels: tuple[str, ...], value: str, names: Names) -> None:
        label = " ".join(labels)
        text = f"{names.names[0]}: {label} {value}"
        facts, refused = price_cell(
            read_cell(value),
            [_meaning(labels, self._scope)],
            names,
            self._scope,
            span=self._span,
            strategy=NAME,
            text=text,
        )
        self.facts += facts
        self.refused += refused


def _meaning(labels: tuple[str, ...], scope: Scope) -> Meaning:
    """The last labels that are understood together: a heading or a remark further out may be no label at all."""
    for start in range(len(labels)):
        meaning = understand(" ".join(labels[start:]), scope.page.words)
        if not meaning.unknown:
            return meaning
    return understand(" ".join(labels[-1:]), scope.page.words) if labels else Meaning()


def _lines(element: etree._Element, labels: tuple[str, ...], name: etree._Element) -> list[tuple[tuple[str, ...], str]]:
    """Every figure below an element, with the labels before it from the outside in."""
    text = visible_text(element)
    if MONEY.search(fold(text)) is None and fold(text) not in ("free", "免费"):
        return []
    children = [child for child in element if isinstance(child.tag, str)]
    inside = [
        child
        for child in children
        if MONEY.search(fold(visible_text(child))) is not None or fold(visible_text(child)) == "free"
    ]
    if not inside:
        return [(labels, text)]
    lines: list[tuple[tuple[str, ...], str]] = []
    here = " ".join((element.text or "").split())
    for child in children:
        said = visible_text(child)
        if child in inside:
            lines += _lines(child, (*labels, here) if here else labels, name)
        elif child is name or name in child.iterdescendants() or not said:
            pass
        elif lines and _UNIT_START.match(fold(said)):
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {said}")
            continue
        else:
            here = said
        tail = " ".join((child.tail or "").split())
        if tail:
            here = tail
    return lines
