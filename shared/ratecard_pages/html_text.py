"""Which text of a HTML page is read: not that of scripts and styles, not what is struck through."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

SKIP: Final = frozenset({"script", "style", "template", "noscript", "svg", "head", "iframe", "object"})
INLINE: Final = frozenset(
    {"a", "b", "strong", "em", "i", "code", "u", "mark", "font", "small", "abbr", "kbd", "wbr", "time"}
)
_STRUCK: Final = re.compile(r"(?:^|\s)(?:line-through|strike\w*|price-old|old-price)(?:\s|$)")
_MARK: Final = re.compile(r"[\s\[(]*\d{1,2}[\s\])]*")
_CENTS: Final = re.compile(r"\d\d")
_FIGURE_END: Final = re.compile(r"[$€£¥]\s?\d+[.,]?$")


def visible_texts(root: etree._Element) -> dict[etree._Element, str]:
    """The text of an element and of each one in it, without scripts, styles and struck-through words."""
    texts: dict[etree._Element, str] = {}
    parts: list[str] = []
    begins: list[int] = []
    skip: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            begins.append(len(parts))
            if skip is None and (element.tag in SKIP or is_muted(element)):
                skip = element
            elif skip is None and element.text:
                parts.append(element.text)
        else:
            texts[element] = " ".join(" ".join(parts[begins.pop() :]).split())
            skip = None if element is skip else skip
            if skip is None and element.tail:
                parts.append(element.tail)
    return texts


def is_cents(element: etree._Element) -> bool:
    """Whether two raised digits stand right behind a figure, as cents do: nobody can tell them from a footnote's."""
    if element.tag != "sup" or _CENTS.fullmatch(element.text or "") is None:
        return False
    before, parent = element.getprevious(), element.getparent()
    texts = (
        [parent.text if parent is not None else ""]
        if before is None
        else [before.tail, *reversed([*before.itertext()])]
    )
    return _FIGURE_END.search(next(filter(None, texts), "")) is not None


def is_muted(element: etree._Element) -> bool:
    """Whether an element's text is no part of what the page says now: struck through, or a footnote's number."""
    if element.tag in ("s", "del", "strike"):
        return True
    if element.tag == "sup":
        return len(element) == 0 and _MARK.fullmatch(element.text or "") is not None and not is_cents(element)
    return "line-through" in element.get("style", "") or _STRUCK.search(element.get("class", "")) is not None
