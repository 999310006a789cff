"""Strategy `cards`: models on cards, without a table.

A figure's label is what stands before it, outward through the card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from lxml import etree

from ratecard_pages.blocks import Span
from ratecard_pages.context import is_of_another_time, of_heading, other_prices, prices_no_model
from ratecard_pages.facts import Fact, Found, Scope, one_unit, refusal, torn
from ratecard_pages.figures import MONEY, Cell, read_cell
from ratecard_pages.html_blocks import SEEN, Place
from ratecard_pages.html_text import visible_texts
from ratecard_pages.names import Names, dates, read_names, whole_dates
from ratecard_pages.priced import price_cell
from ratecard_pages.statements import TIER_WORD, may_change_prices, names_another_currency
from ratecard_pages.units import REQUESTS, TOKENS
from ratecard_pages.words import Meaning, fold, understand
from ratecard_providers.pricing import Cards
from ratecard_shared.prices import Refusal

NAME: Final = "cards"
_UNIT_START: Final = re.compile(r"(?:/|per\b)")

_LONGEST_WORD: Final = 40
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset({*_HEADINGS, "div", "p", "ul", "ol", "table", "section"})
_DEEPEST: Final = 3
_LONG: Final = re.compile(r"prompts?\b|inputs?\b|requests?\b|long\b|above\b|over\b|>")
_FEWEST_WORDS: Final = 3
_OF_PRICES: Final = re.compile(
    r"pric|\bcosts?\b|\brates?\b|\bpay|\bsav(?:e|ings?)\b|\boffers?\b|discount|%|cheap|lower|\bcach|\brepeated\b|"
    r"\b(?:from|starting|valid|only|plans?|tiers?|intro\w*|launch|promo\w*|trial|first|months?|years?|days?|was|now|"
    r"compar\w+|competit\w+|customers?|volume|hosted|limited|free|credits?)\b",
    re.IGNORECASE,
)
"""Words that may say whose or which price a figure is."""
_FOR_LONG: Final = re.compile(r"\blong[- ]context\b|\benterprise[- ](?=\w)", re.IGNORECASE)
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
        reader = _Card(card, place, spec, scope)
        reader.read()
        facts += reader.facts
        refused += reader.refused
    reason = "" if cards else f"the page has no element {spec.card!r}"
    found = Found(mine=bool(cards), facts=tuple(facts), refused=tuple(refused), reason=reason)
    return one_unit(found, "the page")


class _Card:
    def __init__(self, card: etree._Element, place: Place, spec: Cards, scope: Scope) -> None:
        self.facts: list[Fact] = []
        self.refused: list[Refusal] = []
        self._card, self._context, self._spec, self._scope = card, place.context, spec, scope
        self._span = Span(text=SEEN, start=place.start, end=place.end)
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
        over = self._over(named[0])
        for line in self._lines(self._card, (), named[0]):
            self._line(line, names, over)

    def _over(self, name: etree._Element) -> list[Meaning]:
        """What headings above the card's own say; those of the card before it are no headings of this one."""
        level = int(str(name.tag)[1]) if str(name.tag) in _HEADINGS else _DEEPEST
        headings = [heading for heading in self._context.headings[1:] if heading.level < level]
        said = (of_heading(heading.text, understand(heading.text)) for heading in headings)
        dated = (Meaning(since=since, until=until) for since, until in map(dates, (h.text for h in headings)))
        no_model = (Meaning(training=True) for heading in headings if prices_no_model(heading.text))
        return [*no_model, *(Meaning(tier=one.tier, doubt=one.doubt) for one in said if one is not None), *dated]

    def _line(self, line: Line, names: Names, over: Sequence[Meaning]) -> None:
        label = " ".join(line.labels)
        if understand(label).training:
            return
        value = read_cell(line.value)
        facts, refused = price_cell(
            value,
            [*over, *_meanings(line.labels, value, self._scope)],
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
            behind = " ".join((child.tail or "").split())
            if lines and child in inside and _UNIT_START.match(fold(behind)):
                lines[-1] = Line(labels=lines[-1].labels, value=f"{lines[-1].value} {behind}")
            else:
                here = behind or here
        return lines


def _is_priced(text: str) -> bool:
    return (len(text) < _LONGEST_CARD and MONEY.search(fold(text)) is not None) or fold(text) in ("free", "免费")


def _meanings(labels: tuple[str, ...], value: Cell, scope: Scope) -> list[Meaning]:
    """The last labels that are understood together: a heading or a remark further out may be no label at all.

    It is one, and makes the figures doubtful, where it says another time or begins with a tier.
    """
    for start in range(len(labels)):
        meaning = understand(" ".join(labels[start:]), scope.page.words)
        if not meaning.unknown:
            return [*_outer(labels[:start]), meaning]
    inner = [understand(" ".join(labels[-1:]), scope.page.words)] if labels else []
    if labels and _says_itself(value) and _describes(labels[-1], scope.currency):
        return [*_outer(labels)]
    return [*_outer(labels[:-1]), *inner]


def _says_itself(value: Cell) -> bool:
    """Whether every figure says all that it prices: "$2 / 1M input tokens", "$0.04 per output image"."""
    said = [understand(figure.words) for figure in value.figures]
    return bool(said) and all(
        not meaning.unknown and meaning.units and (meaning.component or meaning.units[0].kind not in (TOKENS, REQUESTS))
        for meaning in said
    )


def _describes(label: str, currency: str) -> bool:
    """Whether words before a figure are about the model, and nothing that could make its price another one."""
    meaning = understand(label)
    if len(label.split()) < _FEWEST_WORDS or meaning.tier or meaning.band or meaning.training:
        return False
    if _OF_PRICES.search(label) is not None or is_of_another_time(label):
        return False
    return not may_change_prices(_FOR_LONG.sub(" ", label), currency, of_a_tier=False)


def _outer(labels: tuple[str, ...]) -> Iterator[Meaning]:
    for label in labels:
        if len(label) > _LONGEST_WORD:
            continue
        band = understand(label).band
        long = band is not None and band.above > 0 and _LONG.match(fold(label)) is not None
        if long or is_of_another_time(label) or names_another_currency(label):
            yield Meaning(unknown=label)
        elif TIER_WORD.match(label):
            yield Meaning(doubt=label)
        since, until = whole_dates(label)
        if since or until:
            yield Meaning(since=since, until=until)
