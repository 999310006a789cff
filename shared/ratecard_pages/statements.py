"""What sentences over a table say of all its prices: their unit, currency, tier, band and dates.

A sentence that gives the unit is believed as a whole or not at all: words in it that may make its prices others than
today's ordinary ones refuse the table, unless all of it is understood.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ratecard_pages.blocks import Context
from ratecard_pages.names import dates
from ratecard_pages.units import OTHER, TOKENS, Unit, take_units
from ratecard_pages.words import Meaning, fold, understand

LONGEST: Final = 250
_USUAL: Final = Unit(kind=TOKENS, count=Decimal(1_000_000))
_ABOUT: Final = re.compile(r"equivalent|approx|roughly|estimat|\babout\b")
_OTHER_PANES: Final = re.compile(
    r"\b(?:batch|flex|priority|free|enterprise|previous|archived?|off ?peak)\b", re.IGNORECASE
)
_PER: Final = re.compile(r"(?:per|/|每)\W*")
_ONE_TOKEN: Final = Unit(kind=TOKENS)
_PRICE_WORDS: Final = re.compile(r"pric|Pric|cost|Cost|billed|charged|单价|价格|计费")
_BILLED: Final = re.compile(r"\b(?:billed|charged|billing)\b", re.IGNORECASE)
_PRICED: Final = re.compile(r"pric|cost|\brates?\b", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"[$¥€£]\s?\d|\d\s?元")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。;；])\s+")
_IN_CURRENCY: Final = re.compile(
    r"(?:\bin |\(|^)(?:the )?(usd|us\$|u\.s\. dollars?|us dollars?|cny|rmb|yuan|eur|euros?|gbp|\$)(?![a-z])"
)
_NUMBER_OF_TOKENS: Final = re.compile(r"(?:/|\bper\b|每)\s*(?:[\d½]|half|ten|hundred)[^;:]{0,25}?tok")
MONTH: Final = (
    r"jan(?:uary)?|feb(?:ruary)?|march|april|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?"
)
TIER_WORDS: Final = r"batch(?:es|ed)?|flex|priority|off-?peak|nights?|weekends?|批量|批处理|优先|错峰"
_ANOTHER: Final = (
    r"cents?|(?:thousands?|hundreds?) of|credits?|canadian|australian|singapore|hong kong|new zealand|taiwan|mexican|"
    r"brazilian|indian|swiss|swedish|cad|aud|sgd|hkd|nzd|twd|inr|krw|brl|mxn|chf|sek|nok|dkk|pln"
)
"""Words for currencies and parts of them that no price here is in."""
_IN_ANOTHER: Final = re.compile(rf"\bin (?:us |u\.s\. |the )?(?:{_ANOTHER})\b", re.IGNORECASE)
_DOUBTS: Final = re.compile(
    rf"\b(?:{TIER_WORDS})\b|\blong[- ]context\b|¢|\b(?:{_ANOTHER})\b|"
    r"\b(?:previous|former|formerly|old|prior|past|historical|expired|planned|upcoming|future|no longer|used to be)\b|"
    r"\b(?<!for )examples?\b|\bsample\b|\billustrat\w+|\bhypothetical|"
    r"\benterprise\b|\bcommit(?:ted|ment)s?\b|\bnegotiated\b|\breserved\b|\bprovisioned\b|"
    r"\b(?<!all )regions?\b|\b[a-z]{2}-(?:north|south|east|west|central)[a-z]*-\d\b|"
    rf"\b(?:starting|from|until|till|through|before|after|effective)\b.*\b(?:{MONTH}|20\d\d)\b",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"\d\s?%|\b(?:unless|except|excluding|half)\b|\bdiscount", re.IGNORECASE)
TIER_WORD: Final = re.compile(rf"\b(?:{TIER_WORDS})\b", re.IGNORECASE)


def pane_tier(value: str) -> str | None:
    """The tier that the value of a pane's attribute names; its own word for one that is surely not the standard one."""
    words = re.sub(r"[-_]+", " ", value)
    meaning = understand(words)
    if meaning.tier and not meaning.unknown:
        return meaning.tier
    return "-".join(words.lower().split()) if _OTHER_PANES.search(words) is not None else None


def stated(context: Context) -> Meaning:
    """What the nearest statement about prices says; nothing where none is understood to be one."""
    units, meaning = _nearest_unit(context)
    return Meaning(
        units=units,
        currency=_nearest_currency(context),
        tier=meaning.tier,
        band=meaning.band,
        context=meaning.context,
        modalities=meaning.modalities,
        since=meaning.since,
        until=meaning.until,
        doubt=meaning.doubt,
        unknown=meaning.unknown,
    )


def token_units(text: str) -> tuple[Unit, ...]:
    """For how many tokens a sentence says that its prices are."""
    return tuple(unit for unit in _units(text) or () if unit.kind == TOKENS)


def _nearest_unit(context: Context) -> tuple[tuple[Unit, ...], Meaning]:
    for said in reversed(context.prose):
        for text in reversed(said):
            units = _units(text)
            if units is not None:
                return units, _of_all(text)
    return (), Meaning()


def _nearest_currency(context: Context) -> str | None:
    """The currency that the nearest statement about prices gives; none where it gives several."""
    for said in reversed(context.prose):
        for text in reversed(said):
            found = _currencies(text)
            if found:
                return found[0] if len(found) == 1 else None
    return None


def names_another_currency(text: str) -> bool:
    """Whether a text says that amounts are in a currency, or a part of one, that no price is read in."""
    return _IN_ANOTHER.search(text) is not None


@lru_cache(maxsize=1024)
def _currencies(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST or not (_PRICE_WORDS.search(text) or _caption(text)):
        return ()
    folded = fold(text)
    if _AMOUNT.search(folded):
        return ()
    if names_another_currency(text):
        return ("another currency",)
    said = (understand(match[1].replace(".", "")).currency for match in _IN_CURRENCY.finditer(folded))
    return tuple(dict.fromkeys(code for code in said if code is not None))


@lru_cache(maxsize=1024)
def _units(text: str) -> tuple[Unit, ...] | None:
    """The units that a statement about prices gives; None for a text that is none."""
    if len(text) > LONGEST:
        return None
    if _PRICE_WORDS.search(text) is None:
        return _caption(text)
    folded = fold(text)
    if _AMOUNT.search(folded) or not re.search(r"\bper\b|/|每|为单位|单位", folded):
        return None
    found = take_units(folded)[0]
    units = tuple(unit for unit in dict.fromkeys(found) if unit.kind != OTHER and not _is_a_way_to_bill(unit, text))
    if not units and not found and _NUMBER_OF_TOKENS.search(folded):
        return ()  # a number of tokens that is not known: nobody may assume another
    counted = tuple(unit for unit in units if unit != _ONE_TOKEN)
    return counted or units or None


def _is_a_way_to_bill(unit: Unit, text: str) -> bool:
    """Whether a sentence says no more than that what is counted is tokens: "Usage is billed per token"."""
    return unit == _ONE_TOKEN and _BILLED.search(text) is not None and not _PRICED.search(text)


def _caption(text: str) -> tuple[Unit, ...] | None:
    """The token unit of a text that says nothing but a unit, with or without a currency: "USD per 1M tokens"."""
    meaning = understand(text)
    begins = _PER.match(fold(text)) is not None
    whole = (begins or meaning.currency is not None) and not (
        meaning.unknown or meaning.component or meaning.modalities
    )
    return meaning.units if whole and [unit.kind for unit in meaning.units] == [TOKENS] else None


@lru_cache(maxsize=1024)
def _of_all(text: str) -> Meaning:
    """What the sentence that gives the unit says besides it; in `unknown` what makes its prices doubtful."""
    units = _units(text)
    if units is None or len(units) != 1:
        return Meaning(unknown=f"the statement of the unit {text[:80]!r}")
    for sentence in _SENTENCE_END.split(text):
        folded = fold(sentence)
        if not take_units(folded)[0]:
            continue
        found = _of_sentence(sentence, folded)
        if found != Meaning():
            return found
    return Meaning()


def _of_sentence(sentence: str, folded: str) -> Meaning:
    doubtful = f"the statement {sentence[:80]!r}"
    meaning = understand(sentence)
    if not meaning.unknown:
        cached = (meaning.component or "").startswith("cache")
        return Meaning(unknown=doubtful) if cached else meaning
    since, until = dates(sentence)
    if since or until:
        return Meaning(since=since, until=until)
    if meaning.band is not None and meaning.band.above > 0:
        return Meaning(unknown=doubtful)
    found = _DOUBTS.search(folded)
    if found is not None and TIER_WORD.fullmatch(found[0]):
        return Meaning() if _RULE.search(folded) else Meaning(doubt=sentence)
    return Meaning(unknown=doubtful) if found is not None else Meaning()


def may_change_prices(text: str, currency: str, *, of_a_tier: bool) -> bool:
    """Whether a remark, such as a footnote, may make prices others than they are printed.

    The prices are in `currency`, and may be `of_a_tier` already.
    """
    folded = fold(text)
    band = understand(text).band
    found = {match[0] for match in _DOUBTS.finditer(folded)}
    harmless = {word for word in found if of_a_tier and TIER_WORD.fullmatch(word)}
    harmless |= {word for word in found if word.startswith("region") and "available" in folded}
    figures = _AMOUNT.search(folded) is not None or any(unit != _USUAL for unit in take_units(folded)[0])
    return (
        (band is not None and band.above > 0)
        or bool(found - harmless)
        or any(code != currency for code in _currencies(text))
        or (figures and _ABOUT.search(folded) is None)
    )


def lead_in(context: Context) -> str | None:
    """The words right above that end in a colon and may say a tier: "With the Batch API you pay:".

    The unit may stand between.
    """
    for text in reversed(context.prose[-1] if context.prose else ()):
        if text.endswith((":", "：")) and TIER_WORD.search(text) and not _RULE.search(text):
            return text
        if _units(text) is None:
            return None
    return None
