"""Tables that are no <table>, made tables in place: rows by their ARIA roles, lists of terms that have prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from ratecard_pages.figures import has_money

_ROLES: Final = {"cell": "td", "gridcell": "td", "columnheader": "th", "rowheader": "th"}
_TABLES: Final = frozenset({"table", "grid", "treegrid"})
_LONGEST: Final = 2_000


def as_tables(root: etree._Element, row_selector: str) -> None:
    """Turn rows of other elements into rows of a table, in place, so that they are read as one."""
    for row in root.cssselect(row_selector):
        if row.tag == "tr" or row.getparent() is None:
            continue
        row.getparent().tag = "table"
        row.tag = "tr"
        for cell in row.iterchildren("*"):
            cell.tag = "td"


def with_tables(root: etree._Element, text: str) -> etree._Element:
    """The same tree, where what says that it is a table is one. `text` is the page's."""
    if "columnheader" in text:
        for element in root.iter("*"):
            if element.get("role") in _TABLES and element.tag != "table":
                _by_roles(element)
    if "<dl" in text:
        for terms in list(root.iter("dl")):
            _by_terms(terms)
    return root


def _by_roles(table: etree._Element) -> None:
    table.tag = "table"
    for element in table.iterdescendants("*"):
        role = element.get("role")
        if role == "row":
            element.tag = "tr"
        elif role in _ROLES:
            element.tag = _ROLES[role]


def _by_terms(terms: etree._Element) -> None:
    """Make rows of a list whose terms have one text each, where one is a price."""
    pairs = list(_pairs(terms))
    texts = ["".join(described.itertext()) for _, described in pairs]
    if not pairs or sum(map(len, texts)) > _LONGEST or not any(map(has_money, texts)):
        return
    terms.tag = "table"
    for term, described in pairs:
        term.tag, described.tag = "th", "td"
        row = term.getparent()
        if row is not None and row is not terms:
            row.tag = "tr"
            continue
        row = etree.Element("tr")
        term.addprevious(row)
        row.append(term)
        row.append(described)


def _pairs(terms: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Each term with its text; none at all where a term has several, or another element stands among them."""
    rows = [list(one) if one.tag == "div" else [one] for one in terms.iterchildren("*")]
    flat = [one for row in rows for one in row]
    if [one.tag for one in flat] == ["dt", "dd"] * (len(flat) // 2):
        yield from zip(flat[::2], flat[1::2], strict=True)
