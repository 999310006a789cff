"""Strategy `bands`: one column per context band and no model; the sentence above the table names the models.

A model gets the prices above the band only if the base column repeats the base prices that the page states for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ratecard_pages.blocks import Span, Table
from ratecard_pages.context import layers
from ratecard_pages.facts import Fact, Found, Scope, refusal, torn
from ratecard_pages.figures import read_cell
from ratecard_pages.names import Names
from ratecard_pages.priced import price_cell
from ratecard_pages.words import fold, understand
from ratecard_shared.prices import STANDARD

NAME: Final = "bands"


def read_bands(table: Table, scope: Scope, known: Sequence[Fact]) -> Found:
    """Read a table of this shape, with the facts that other tables of the page gave."""
    head = [cell for cell in table.rows[0] if cell is not None] if table.rows else []
    meanings = [understand(cell.text) for cell in head]
    if len(head) < 2 or any(meaning.band is None or meaning.unknown for meaning in meanings):  # noqa: PLR2004 - two bands at least
        return Found(mine=False, reason="its columns are not context bands")
    nameless: list[Fact] = []
    broken = []
    for row, fault in zip(table.rows[1:], table.faults()[1:], strict=True):
        cells = [cell for cell in row if cell is not None]
        if fault is not None:
            broken.append(torn(" | ".join(cell.text for cell in cells), fault))
            continue
        for cell, meaning in zip(cells, meanings, strict=False):
            span = Span(text=table.domain, start=cells[0].start, end=cells[-1].end)
            facts, _ = price_cell(
                read_cell(cell.text),
                [*layers(table.context), meaning],
                Names(names=("",)),
                scope,
                span=span,
                strategy=NAME,
                text=cell.text,
            )
            nameless += facts
    found = _name(table, nameless, known)
    return msgspec.structs.replace(found, refused=(*broken, *found.refused)) if found.mine else found


def _name(table: Table, nameless: Sequence[Fact], known: Sequence[Fact]) -> Found:
    said = " ".join(table.context.prose[-1][-4:]) if table.context.prose else ""
    base = {fact.component: fact.amount for fact in nameless if fact.above == 0}
    named = [name for name in dict.fromkeys(fact.name for fact in known) if _mentions(said, name)]
    models = [name for name in named if base and _agrees(base, name, known)]
    facts = [msgspec.structs.replace(fact, name=name) for name in models for fact in nameless]
    refused = (
        () if models else (refusal(said, "no model that the sentence above names has the base prices of this table"),)
    )
    return Found(mine=True, facts=tuple(facts), refused=refused)


def _mentions(said: str, name: str) -> bool:
    short = name.split(" ", 1)[-1]
    return any(re.search(rf"(?<![\w.-]){re.escape(fold(form))}(?![\w-]|\.\d)", fold(said)) for form in {name, short})


def _agrees(base: Mapping[str, Decimal], name: str, known: Sequence[Fact]) -> bool:
    ours = {
        fact.component: fact.amount for fact in known if fact.name == name and fact.tier == STANDARD and fact.above == 0
    }
    return all(ours.get(component) == amount for component, amount in base.items())
