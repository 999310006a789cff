"""What the headings, prose and panes around a table say about its prices, as layers from the outside in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ratecard_pages.blocks import LABEL, Context, Heading
from ratecard_pages.names import dates
from ratecard_pages.statements import LONGEST, MONTH, TIER_WORD, lead_in, names_another_currency, stated, token_units
from ratecard_pages.units import TOKENS
from ratecard_pages.words import Meaning, fold, understand

_NO_MODEL: Final = re.compile(r"fine-?\s?tun|finetun|\btools?\b|training|微调|训练", re.IGNORECASE)
_OTHER_PRICES: Final = re.compile(
    r"\b(?:previous|prior|former|old|past|legacy|expired|archived|historical|upcoming|future|planned) "
    r"(?:pric|rates|costs)|"
    r"\b(?:price|pricing|rate) (?:history|changes?)\b|\bno longer\b|\bcoming soon\b|\bworked example|"
    r"\bexamples?\b|\bsample\b|\billustrat\w+|\bhypothetical|\bcalculator\b|"
    r"\bcompar(?:e|ison|ed) (?:with|to|against)\b|\bcompetitors?\b|\bvs\b|\bversus\b|"
    r"\bdata residency\b|\bregional (?:endpoint|processing|pric)|-only (?:inference|processing|endpoint)|"
    r"\benterprise (?:pric|rates|agreement)|\bprovisioned\b|\bcommit(?:ted|ment)\b|\breserved\b|"
    r"^enterprise(?: (?:plan|tier|customers?|only))?$|\b(?:academic|education|start-?up|non-?profit)s?\b",
    re.IGNORECASE,
)
_UNDATED: Final = re.compile(rf"\b(?:from|until|before|after) (?:{MONTH}|20\d\d)\b", re.IGNORECASE)
_LONGEST_HEADING: Final = 60
_VIDEO: Final = re.compile(r"video|视频", re.IGNORECASE)
_AUDIO: Final = re.compile(r"audio|speech|voice|音频|语音", re.IGNORECASE)
_EMBEDDINGS: Final = re.compile(
    r"(?:(?:text|multimodal|image|retrieval|vector) )?(?:embed(?:ding|der)s?|re-?rank(?:ing|er)?s?)"
    r"(?: models?)?(?: (?:pricing|prices))?|"
    r"(?:文本)?(?:向量|嵌入|重排序?)(?:模型)?(?:价格|定价)?"
)
_READS_ONLY: Final = re.compile(r"(?<![a-z])(?:embed(?:ding|der)?s?|re-?rank(?:er|ing)?)(?![a-z])", re.IGNORECASE)
_SEVERAL: Final = re.compile(r"\band\b|[&/,+、和与及]", re.IGNORECASE)
"""What joins tiers in a heading: "On-demand and batch"."""
_KIND: Final = re.compile(r"(?:text|audio|image|video) tokens")
_ALL_PRICES: Final = re.compile(r"[Aa]ll [Pp]rices (?:are |listed )*(?:shown |quoted |given )?in ([A-Za-z.$€¥ ]{1,20})")
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


def layers(context: Context) -> list[Meaning]:
    """The unit and currency that the prose states, the tier of the pane, and every heading that is understood whole."""
    found = [stated(context)]
    for text in [*(heading.text for heading in context.headings), *_said_of_all(context)]:
        since, until = dates(text)
        if since or until:
            found.append(Meaning(since=since, until=until))
    for heading in context.headings:
        meaning = understand(heading.text)
        if heading.level == LABEL and meaning.unknown:
            found.append(Meaning(unknown=heading.text))
        elif (said_above := of_heading(heading.text, meaning)) is not None:
            found.append(said_above)
    if context.prose and (said := [text for text in context.prose[-1] if _KIND.fullmatch(fold(text))]):
        found.append(Meaning(modalities=understand(said[-1]).modalities))
    if (said_before := lead_in(context)) is not None:
        found.append(Meaning(doubt=said_before))
    if context.pane:
        found.append(Meaning(tier=context.pane))
    return found


def of_heading(text: str, meaning: Meaning) -> Meaning | None:
    """What a heading says of the prices below it, if it is understood whole; a doubt where it may say their tier.

    One that names all tiers says none.
    """
    if meaning.unknown:
        says_one = TIER_WORD.search(text) is not None and "standard" not in text.lower()
        return Meaning(doubt=text) if says_one else None
    if any(unit.kind != TOKENS for unit in meaning.units):
        return None
    return Meaning(
        tier=None if meaning.plan and _SEVERAL.search(text) else meaning.tier,
        modalities=meaning.modalities,
        units=meaning.units,
        band=meaning.band,
        context=meaning.context,
        currency=meaning.currency,
    )


def _said_of_all(context: Context) -> list[str]:
    """The sentence right above that says when all that follows holds: "The prices below take effect on ..."."""
    said = context.prose[-1][-1:] if context.prose else ()
    return [_TAKES_EFFECT.sub("from ", text) for text in said if len(text) < LONGEST and _ALL_FROM.search(text)]


def token_statements(prose: Iterable[str]) -> list[Decimal]:
    """For how many tokens the sentences of a page say that its prices are."""
    return [unit.count for text in prose for unit in token_units(text)]


def captioned(context: Context, caption: str) -> Context:
    """The context of a table with its caption, which is a heading where it says what a heading would."""
    if not caption:
        return context
    prose = (*context.prose[:-1], (*context.prose[-1], caption)) if context.prose else ((caption,),)
    said = of_heading(caption, understand(caption))
    if said not in (None, Meaning()) or is_of_another_time(caption) or prices_no_model(caption):
        heading = Heading(level=LABEL - 1, text=caption)
        return Context(headings=(*context.headings, heading), prose=(*prose, ()), pane=context.pane, torn=context.torn)
    return Context(headings=context.headings, prose=prose, pane=context.pane, torn=context.torn)


def out_of_scope(context: Context) -> str | None:
    """The heading or opening words that say that a section prices no model inference."""
    if (other := other_prices(context)) is not None:
        return other
    words = [heading.text for heading in context.headings]
    if context.prose and context.prose[-1]:
        words.append(context.prose[-1][0])
    return next((text for text in words if prices_no_model(text)), None)


def prices_no_model(text: str) -> bool:
    """Whether a heading, which is no paragraph, says that what stands below prices no model inference."""
    return len(text) < _LONGEST_HEADING and _NO_MODEL.search(text) is not None


def other_prices(context: Context) -> str | None:
    """The heading below the page's own that says that a section's prices are not those of today, or only examples."""
    return next((heading.text for heading in context.headings[1:] if is_of_another_time(heading.text)), None)


def is_of_another_time(heading: str) -> bool:
    """Whether words over prices say that they are not those of today, or not everybody's."""
    if _OTHER_PRICES.search(heading) is not None:
        return True
    return _UNDATED.search(heading) is not None and dates(heading) == (None, None)


def about_video(context: Context) -> bool:
    """Whether the section is about video and not about sound, so that a second is one of video."""
    said = [heading.text for heading in context.headings]
    said += [text for part in context.prose[-1:] for text in part if len(text) < LONGEST]
    return any(_VIDEO.search(text) for text in said) and not any(_AUDIO.search(text) for text in said)


def about_embeddings(context: Context) -> bool:
    """Whether the nearest heading says that the section prices embeddings or reranking.

    They read tokens and write none.
    """
    return bool(context.headings) and _EMBEDDINGS.fullmatch(fold(context.headings[-1].text)) is not None


def reads_only(name: str) -> bool:
    """Whether a model's name says that it reads tokens and writes none."""
    return _READS_ONLY.search(name) is not None


def page_currency(text: str) -> str | None:
    """The currency of all prices of the page, where one sentence says so."""
    if "ll prices" not in text and "ll Prices" not in text:
        return None
    matches = list(_ALL_PRICES.finditer(text))
    if any(names_another_currency(match[0]) for match in matches):
        return "another currency"
    found = {understand(match[1]).currency for match in matches}
    return found.pop() if len(found) == 1 else None
