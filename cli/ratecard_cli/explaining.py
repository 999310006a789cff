"""How a page was read, in lines: what each strategy made of each part, which row came from where, what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ratecard_pages import PageReading
from ratecard_shared.prices import GLOBAL, PriceRow

_LONGEST: Final = 160


def explained(reading: PageReading) -> Iterator[str]:
    """Give the lines, in the order of the work: parts, rows, refusals, rules."""
    for line in reading.trace:
        yield f"part: {line.strategy}: {line.where}: {line.result}"
    for row in reading.prices:
        evidence = row.evidence
        if evidence is not None:
            yield f"row: {_named(row)}: {evidence.strategy}: {_short(evidence.text)!r}"
    for refusal in reading.refused:
        yield f"refused: {refusal.reason}: {_short(refusal.text)!r}"
    for rule in reading.rules:
        yield f"rule: {'' if rule.factor is None else f'{rule.factor:f} '}{_short(rule.text)!r}"


def _named(row: PriceRow) -> str:
    above = f"above {row.above_tokens}" if row.above_tokens else ""
    region = row.region if row.region != GLOBAL else ""
    return f"{row.name} ({', '.join(filter(None, (row.tier, above, region)))})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
