"""A cell and the layers of words over it become facts or refusals: here alone a printed figure turns into a price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from ratecard_pages.blocks import Span
from ratecard_pages.context import reads_only
from ratecard_pages.facts import Fact, Scope, refusal
from ratecard_pages.figures import Cell, Figure
from ratecard_pages.meaning import Refused, above, combine, components, currency, the_unit, tier
from ratecard_pages.names import Names
from ratecard_pages.units import TOKENS
from ratecard_pages.words import Meaning, understand
from ratecard_shared.prices import Refusal


def price_cell(
    cell: Cell,
    layers: Sequence[Meaning],
    names: Names,
    scope: Scope,
    *,
    span: Span,
    strategy: str,
    text: str,
    about_video: bool = False,
    assume_currency: bool = False,
) -> tuple[list[Fact], list[Refusal]]:
    """Read every figure of a cell for every name. A figure whose words do not settle what it is, is refused."""
    if cell.fault is not None:
        return [], [refusal(text, cell.fault)]
    if cell.empty:
        return [], []
    figures = cell.figures or ((Figure(amount=Decimal(0), printed="", currency=None),) if cell.free else ())
    inner = _figure_meanings(figures, _order(layers) or scope.page.unlabelled, scope)
    strange = next((own.unknown for own in inner if own is not None and own.unknown), None)
    if strange is not None:  # words that are not understood may be about any figure of the cell
        return [], [refusal(text, f"its cell has words that are not understood: {strange[:80]!r}")]
    facts: list[Fact] = []
    refused: list[Refusal] = []
    for figure, own in zip(figures, inner, strict=True):
        if own is None:
            reason = f"the cell has {len(figures)} figures and no words that tell them apart"
            refused.append(refusal(text, reason))
            continue
        try:
            meaning = combine([*layers, _of_name(names), own])
            facts += _facts(
                figure,
                meaning,
                names,
                scope,
                span=span,
                strategy=strategy,
                free=cell.free,
                about_video=about_video,
                assume=assume_currency,
            )
        except Refused as no:
            refused.append(refusal(text, str(no)))
    return facts, refused


def _of_name(names: Names) -> Meaning:
    return Meaning(band=names.band, tier=names.tier)


def _order(layers: Sequence[Meaning]) -> tuple[str, ...]:
    """The components that the words over a cell list in their order, if only one of them does."""
    orders = {layer.order for layer in layers if layer.order}
    return orders.pop() if len(orders) == 1 else ()


def _figure_meanings(figures: Sequence[Figure], labels: Sequence[str], scope: Scope) -> list[Meaning | None]:
    """What the words of each figure say; None for figures that nothing tells apart.

    `labels` are the components of figures that only their order tells apart.
    """
    meanings = [_meaning_of(figure, scope) for figure in figures]
    alike = _unit_of_all(meanings)
    nameless = len(set(alike)) == 1 and not (alike[0].unknown or alike[0].component)
    if nameless and len(labels) == len(figures) > 1:
        return [_labelled(label, alike[0]) for label in labels]
    if len(figures) > 1 and len(set(meanings)) == 1 and len({figure.amount for figure in figures}) > 1:
        return [None] * len(figures)
    return list(meanings)


def _meaning_of(figure: Figure, scope: Scope) -> Meaning:
    """What a figure's words say. With a tier and a discount it may be the price before: "$6, 50% off in batch"."""
    meaning = understand(figure.words, scope.page.words)
    return Meaning(unknown=figure.words) if meaning.tier and "%" in figure.words else meaning


def _unit_of_all(meanings: Sequence[Meaning]) -> list[Meaning]:
    """The same, where a unit behind the last figure is that of all: "$3 / $15 per million tokens"."""
    if any(meaning != Meaning() for meaning in meanings[:-1]):
        return list(meanings)
    return [meanings[-1]] * len(meanings)


def _labelled(component: str, meaning: Meaning) -> Meaning:
    return Meaning(component=component, units=meaning.units, tier=meaning.tier, band=meaning.band)


def _facts(
    figure: Figure,
    meaning: Meaning,
    names: Names,
    scope: Scope,
    *,
    span: Span,
    strategy: str,
    free: bool,
    about_video: bool,
    assume: bool,
) -> list[Fact]:
    unit = the_unit(meaning, scope)
    if meaning.component is None and unit is not None and unit.kind == TOKENS and all(map(reads_only, names.names)):
        meaning = msgspec.structs.replace(meaning, component="input")
    zero = figure.amount == 0
    found = components(meaning, unit, is_zero=zero, about_video=about_video)
    code = scope.currency if free else currency(figure, meaning, scope, assume=assume)
    amount = figure.amount if zero or unit is None else unit.normalise(figure.amount)
    return [
        Fact(
            name=name,
            component=component,
            amount=amount,
            currency=code,
            tier=tier(meaning),
            above=above(meaning, scope),
            region=names.region,
            effective_from=names.effective_from or meaning.since,
            effective_until=names.effective_until or meaning.until,
            estimate=meaning.estimate,
            per=unit.count if unit is not None and unit.kind == TOKENS else None,
            span=span,
            strategy=strategy,
        )
        for name in names.names
        for component in found
    ]
