"""Strategy `records`: objects of JSON that price a model each, by the field map of the provider file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ratecard_pages.blocks import Span
from ratecard_pages.embedded import Data
from ratecard_pages.facts import Fact, Found, Scope, refusal
from ratecard_pages.figures import Figure
from ratecard_pages.located import Node, walk
from ratecard_pages.markdown_blocks import RAW
from ratecard_pages.meaning import Refused, combine, components, the_unit
from ratecard_pages.names import read_names
from ratecard_pages.words import Meaning, understand
from ratecard_providers.pricing import Records
from ratecard_shared.prices import GLOBAL, Refusal

NAME: Final = "records"
_OTHER_KEY: Final = re.compile(
    r"(?:previous|former|old|past|archived|historical|upcoming|future|planned)[_-]?(?:pric|rate|cost|model)|"
    r"(?:(?:pric\w*|rates?)[_-]?)?history$|archived?$|examples?$",
    re.IGNORECASE,
)


def read_records(data: Sequence[Data], scope: Scope) -> Found:
    """Read every object that one of the page's record maps fits."""
    facts: list[Fact] = []
    refused: list[Refusal] = []
    seen = False
    for spec in scope.page.records:
        for source in data:
            others = _of_other_prices(source.node)
            for node in walk(source.node):
                if node.fields is None or not all(node.get(path) is not None for path in spec.where):
                    continue
                seen = True
                record = _Record(spec, source, node, scope, data)
                if (key := others.get(id(node))) is not None:
                    refused.append(refusal(record.text, f"it stands in {key!r}, which holds other prices than today's"))
                else:
                    _read(record, facts, refused)
    return Found(
        mine=seen,
        facts=tuple(facts),
        refused=tuple(refused),
        reason="" if seen else "no object has the fields of a price",
    )


def _of_other_prices(root: Node) -> dict[int, str]:
    """The nodes below a key that says that what it holds is not in force, with that key."""
    return {
        id(below): key
        for node in walk(root)
        if node.fields is not None
        for key, child in node.fields.items()
        if _OTHER_KEY.match(key) is not None
        for below in walk(child)
    }


class _Record:
    def __init__(self, spec: Records, source: Data, node: Node, scope: Scope, data: Sequence[Data]) -> None:
        self.spec, self.source, self.node, self.scope, self.data = spec, source, node, scope, data

    @property
    def text(self) -> str:
        start, end = self.node.start, min(self.node.end, self.node.start + 400)
        return self.source.text[start:end]

    def name(self) -> str:
        if self.spec.page_name is None:
            found = self.node.get(self.spec.name)
            names = {found.value} if found is not None else set()
        else:
            names = {
                node.fields[self.spec.page_name].value
                for source in self.data
                for node in walk(source.node)
                if node.fields is not None and self.spec.page_name in node.fields
            }
        if len(names) != 1 or not isinstance(only := names.pop(), str):
            raise Refused("the object does not name one model")
        return only

    def amount(self, path: str) -> Decimal | None:
        """The figure at a path, in the component's unit; None where the page gives none."""
        node = self.node.get(path)
        if node is None or node.value is None:
            return None
        if _as_printed(node) in self.spec.absent:
            return None
        try:
            amount = Decimal(_number(node))
        except ArithmeticError:
            raise Refused(f"{path} is {str(node.value)[:40]!r} and no number") from None
        if self.spec.scale < 1 and "." in node.printed:
            raise Refused(f"{path} is {node.printed[:40]!r}, where whole numbers of a small unit are expected")
        if isinstance(node.value, bool) or not amount.is_finite() or amount < 0 or abs(amount.adjusted()) > 30:  # noqa: PLR2004
            raise Refused(f"{path} is {str(node.value)[:40]!r} and no price")
        return amount * self.spec.scale

    def above(self) -> int:
        node = self.node.get(self.spec.threshold) if self.spec.threshold else None
        printed = _number(node) if node is not None else ""
        if not printed.isdecimal() or not 0 < int(printed) < 10**9:
            raise Refused("its prices for long context have no threshold in tokens")
        return int(printed)


def _number(node: Node) -> str:
    """The printed number. Flight data gives a big integer as the string "$n20000"."""
    return node.printed.removeprefix("$n")


def _as_printed(node: Node) -> str:
    if node.printed.startswith("$n"):
        return _number(node)
    return f'"{node.printed}"' if isinstance(node.value, str) else node.printed


def _read(record: _Record, facts: list[Fact], refused: list[Refusal]) -> None:
    try:
        found = list(_facts(record, _checked_name(record)))
    except Refused as no:
        refused.append(refusal(record.text, str(no)))
        return
    facts += [fact for fact in found if isinstance(fact, Fact)]
    refused += [no for no in found if isinstance(no, Refusal)]


def _checked_name(record: _Record) -> str:
    _check_unit(record)
    names = read_names((record.name(),))
    if names.fault is not None:
        raise Refused(names.fault)
    return names.names[0]


def _check_unit(record: _Record) -> None:
    spec = record.spec
    said = record.node.get("currency")
    if said is not None and isinstance(said.value, str) and said.value.upper() != record.scope.currency:
        raise Refused(f"its currency is {said.value[:40]!r}, where {record.scope.currency} is expected")
    if spec.unit is None:
        return
    node = record.node.get(spec.unit)
    if node is None or node.printed != spec.unit_value:
        raise Refused(f"its unit is {node.printed[:40] if node else None!r}, where {spec.unit_value!r} is expected")


def _facts(record: _Record, name: str) -> Iterator[Fact | Refusal]:
    spec = record.spec
    for component, path in spec.rates.items():
        amount = record.amount(path)
        if amount is None:
            continue
        if _varies(record, component, amount):
            yield refusal(record.text, f"{component} has several prices")
        else:
            yield _fact(record, name, component, amount, 0)
    long = {
        component: amount for component, path in spec.long_rates.items() if (amount := record.amount(path)) is not None
    }
    if long:
        above = record.above()
        for component, amount in long.items():
            yield _fact(record, name, component, amount, above)
    for base, path in spec.lists.items():
        node = record.node.get(path)
        for item in node.items or [] if node is not None else []:
            yield from _listed(record, name, base, item)


def _varies(record: _Record, component: str, amount: Decimal) -> bool:
    """Whether a list of the same price by resolution or quality has other figures."""
    path, _, field = record.spec.same.get(component, "").rpartition(".")
    node = record.node.get(path) if path else None
    others = [item.get(field) for item in (node.items or [] if node is not None else [])]
    return any(other is None or Decimal(str(other.value)) * record.spec.scale != amount for other in others)


def _fact(record: _Record, name: str, component: str, amount: Decimal, above: int) -> Fact:
    region = record.node.get(record.spec.region) if record.spec.region else None
    start, end = record.source.raw(record.node.start, record.node.end)
    return Fact(
        name=name,
        component=component,
        amount=amount,
        currency=record.scope.currency,
        tier=record.spec.tier,
        above=above,
        region=region.printed if region is not None and region.printed else GLOBAL,
        span=Span(text=RAW, start=start, end=end),
        strategy=NAME,
    )


def _listed(record: _Record, name: str, base: str, item: Node) -> Iterator[Fact | Refusal]:
    """A price in a list, with its unit in words and perhaps a label."""
    spec = record.spec
    price, unit, label = (item.get(path) for path in (spec.price, spec.unit_word, spec.label))
    if price is None or not isinstance(price.value, Decimal) or unit is None:
        yield refusal(record.text, "an entry of its price list has no figure or no unit")
        return
    try:
        words = [
            Meaning(component=base),
            understand(label.printed) if label is not None else Meaning(),
            understand(unit.printed),
        ]
        meaning = combine(words)
        found = the_unit(meaning, record.scope)
        names = components(meaning, found, is_zero=price.value == 0, about_video=False)
    except Refused as no:
        yield refusal(record.text, str(no))
        return
    figure = Figure(amount=price.value, printed=price.printed, currency=None)
    amount = found.normalise(figure.amount) if found is not None else figure.amount
    for component in names:
        yield _fact(record, name, component, amount, 0)
