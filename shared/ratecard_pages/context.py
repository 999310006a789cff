"""What the headings, prose and panes around a table say about its prices, as layers from the outside in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ratecard_pages.blocks import LABEL, Context
from ratecard_pages.names import dates
from ratecard_pages.units import OTHER, TOKENS, Unit, take_units
from ratecard_pages.words import Meaning, fold, understand

_PRICE_WORDS: Final = re.compile(r"pric|Pric|cost|Cost|billed|charged|单价|价格|计费")
_NO_MODEL: Final = re.compile(r"fine-?\s?tun|finetun|\btools?\b|training|微调|训练", re.IGNORECASE)
_OTHER_PRICES: Final = re.compile(
    r"\b(?:previous|former|old|past|archived|historical|upcoming|future|planned) (?:pric|rates|costs)|\bworked example|"
    r"\bexamples?\b|\bcompar(?:e|ison|ed) (?:with|to|against)\b|\bcompetitors?\b|\bcalculator\b|\bdata residency\b|"
    r"\bregional (?:endpoint|processing|pric)",
    re.IGNORECASE,
)
_VIDEO: Final = re.compile(r"video|视频", re.IGNORECASE)
_AUDIO: Final = re.compile(r"audio|speech|voice|音频|语音", re.IGNORECASE)
_EMBEDDINGS: Final = re.compile(r"(?:text )?embeddings?(?: models?)?(?: pricing)?")
_KIND: Final = re.compile(r"(?:text|audio|image|video) tokens")
_ALL_PRICES: Final = re.compile(r"[Aa]ll [Pp]rices (?:are |listed )*(?:shown |quoted |given )?in ([A-Za-z.$€¥ ]{1,20})")
_AMOUNT: Final = re.compile(r"[$¥€£]\s?\d|\d\s?元")
_IN_CURRENCY: Final = re.compile(
    r"(?:\bin |\(|^)(?:the )?(usd|us\$|u\.s\. dollars?|us dollars?|cny|rmb|yuan|eur|euros?|gbp|\$)(?![a-z])"
)
_TAKES_EFFECT: Final = re.compile(
    r"\b(?:takes? effect|in effect|effective|appl(?:y|ies)|start(?:s|ing)?|begin(?:s|ning)?|valid) (?:on|from|as of) ",
    re.IGNORECASE,
)
_ALL_FROM: Final = re.compile(
    r"\b(?:these|following|new) (?:prices|rates)\b|\bthis pricing\b|"
    r"\bprices (?:below|(?:listed|shown) (?:below|here)|in this table)\b|"
    r"^(?:prices?|pricing|rates) (?:take effect|are (?:effective|valid)|effective|valid|appl)",
    re.IGNORECASE,
)
_LONGEST_STATEMENT: Final = 250


def layers(context: Context) -> list[Meaning]:
    """The unit and currency that the prose states, the tier of the pane, and every heading that is understood whole."""
    found = [Meaning(units=stated_units(context), currency=stated_currency(context))]
    for text in [*(heading.text for heading in context.headings), *_said_of_all(context)]:
        since, until = dates(text)
        if since or until:
            found.append(Meaning(since=since, until=until))
    for heading in context.headings:
        meaning = understand(heading.text)
        if heading.level == LABEL and meaning.unknown:
            found.append(Meaning(unknown=heading.text))
        elif not meaning.unknown and (meaning.tier or meaning.modalities) and not meaning.units:
            found.append(Meaning(tier=meaning.tier, modalities=meaning.modalities))
    if context.prose and (said := [text for text in context.prose[-1] if _KIND.fullmatch(fold(text))]):
        found.append(Meaning(modalities=understand(said[-1]).modalities))
    if context.pane:
        found.append(Meaning(tier=context.pane))
    return found


def _said_of_all(context: Context) -> list[str]:
    """The sentence right above that says when all that follows holds: "The prices below take effect on ..."."""
    said = context.prose[-1][-1:] if context.prose else ()
    return [
        _TAKES_EFFECT.sub("from ", text) for text in said if len(text) < _LONGEST_STATEMENT and _ALL_FROM.search(text)
    ]


def stated_units(context: Context) -> tuple[Unit, ...]:
    """The unit that the nearest statement about prices gives; none where that statement gives several."""
    for said in reversed(context.prose):
        for text in reversed(said):
            units = _statement(text)
            if units is not None:
                return units
    return ()


def stated_currency(context: Context) -> str | None:
    """The currency that the nearest statement about prices gives; none where it gives several."""
    for said in reversed(context.prose):
        for text in reversed(said):
            found = _currencies(text)
            if found:
                return found[0] if len(found) == 1 else None
    return None


def token_statements(prose: Iterable[str]) -> list[Decimal]:
    """For how many tokens the sentences of a page say that its prices are."""
    return [unit.count for text in prose for unit in _statement(text) or () if unit.kind == TOKENS]


@lru_cache(maxsize=1024)
def _currencies(text: str) -> tuple[str, ...]:
    if len(text) > _LONGEST_STATEMENT or not (_PRICE_WORDS.search(text) or _caption(text)):
        return ()
    folded = fold(text)
    if _AMOUNT.search(folded):
        return ()
    said = (understand(match[1].replace(".", "")).currency for match in _IN_CURRENCY.finditer(folded))
    return tuple(dict.fromkeys(code for code in said if code is not None))


@lru_cache(maxsize=1024)
def _statement(text: str) -> tuple[Unit, ...] | None:
    if len(text) > _LONGEST_STATEMENT:
        return None
    if _PRICE_WORDS.search(text) is None:
        return _caption(text)
    folded = fold(text)
    if _AMOUNT.search(folded) or not re.search(r"\bper\b|/|每|为单位|单位", folded):
        return None
    units = tuple(unit for unit in dict.fromkeys(take_units(folded)[0]) if unit.kind != OTHER)
    return units if len(units) == 1 else None


def _caption(text: str) -> tuple[Unit, ...] | None:
    """The token unit of a text that says nothing but a unit and a currency: "USD per 1M tokens"."""
    meaning = understand(text)
    whole = meaning.currency is not None and not (meaning.unknown or meaning.component or meaning.modalities)
    return meaning.units if whole and [unit.kind for unit in meaning.units] == [TOKENS] else None


def out_of_scope(context: Context) -> str | None:
    """The heading or opening words that say that a section prices no model inference."""
    if (other := other_prices(context)) is not None:
        return other
    words = [heading.text for heading in context.headings]
    if context.prose and context.prose[-1]:
        words.append(context.prose[-1][0])
    for text in words:
        if len(text) < 60 and _NO_MODEL.search(text) is not None:  # noqa: PLR2004 - a heading, not a paragraph
            return text
    return None


def other_prices(context: Context) -> str | None:
    """The heading below the page's own that says that a section's prices are not those of today, or only examples."""
    return next((heading.text for heading in context.headings[1:] if _OTHER_PRICES.search(heading.text)), None)


def about_video(context: Context) -> bool:
    """Whether the section is about video and not about sound, so that a second is one of video."""
    said = [heading.text for heading in context.headings]
    said += [text for part in context.prose[-1:] for text in part if len(text) < _LONGEST_STATEMENT]
    return any(_VIDEO.search(text) for text in said) and not any(_AUDIO.search(text) for text in said)


def about_embeddings(context: Context) -> bool:
    """Whether the nearest heading says that the section prices embeddings, which read tokens and write none."""
    return bool(context.headings) and _EMBEDDINGS.fullmatch(fold(context.headings[-1].text)) is not None


def page_currency(text: str) -> str | None:
    """The currency of all prices of the page, where one sentence says so."""
    if "ll prices" not in text and "ll Prices" not in text:
        return None
    found = {understand(match[1]).currency for match in _ALL_PRICES.finditer(text)}
    return found.pop() if len(found) == 1 else None
