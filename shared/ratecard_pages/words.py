"""What a label says: component, modality, unit, tier, band, currency; and which of its words were not understood.

The vocabulary is closed. A label with a word outside it is not guessed at: its figures are refused by whoever reads
them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from ratecard_pages.bands import Band, take_band
from ratecard_pages.units import Unit, take_units

LONGEST_LABEL: Final = 400
"""Beyond this a text is no label, and is not read as one."""

NOTE_MARK: Final = re.compile("[\u00b9\u00b2\u00b3\u2070-\u2079\u2080-\u2089\u2460-\u2473\u2776-\u277f]+")
"""Superscript and circled numbers: they point to a footnote, and are no digits of what they stand behind."""

INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""Characters that nobody sees: soft hyphens, joiners, spaces without width, directions."""

LONG: Final = "long"
SHORT: Final = "short"

_TIERS: Final = (
    ("batch", r"batch(?:es)?(?: api| processing| mode| inference| pricing| tier)*|批量|批处理"),
    ("flex", r"flex(?: api| processing| mode| inference| pricing| tier)*"),
    ("priority", r"priority(?: api| processing| mode| inference| pricing| tier)*|优先"),
    ("fast", r"fast(?: mode)?(?: pricing)?"),
    ("free", r"free tier|free plan"),
    ("off-peak", r"off[- ]?peak(?: price)?|discount(?:ed)? price(?=\W*(?:utc|\d{1,2}:\d\d))|优惠时段|错峰"),
    ("latency-optimized", r"(?:w/ |with )?latency[- ]optimized(?: inference)?"),
    ("standard", r"standard(?: api| processing| mode| inference| pricing| tier)*|标准|(?<!off-)(?<!off )peak|高峰"),
)
_NO_TIER: Final = r"paid tier|paid plan|usage tier|pay[- ]as[- ]you[- ]go|on[- ]demand|在线推理"
_PER_TOKEN: Final = re.compile(r"\bpay(?:ing)?[- ]per[- ]token\b")
"""The name of a way to pay: it says no number of tokens."""
_COMPONENTS: Final = (
    (
        "cache_storage_hour",
        r"(?:context )?cach(?:e|ed|ing)\s*(?:input|tokens?)?\s*\(?\s*storage\)?|storage price|缓存存储",
    ),
    (
        "cache_write_5m",
        (
            r"5[- ]?m(?:in(?:ute)?s?)?\.?\s*(?:prompt )?cache (?:writes?|creation)|"
            r"cache writes?\s*\(?5[- ]?m(?:in(?:ute)?s?)?\)?"
        ),
    ),
    (
        "cache_write_1h",
        r"1[- ]?h(?:ou)?r?s?\.?\s*(?:prompt )?cache (?:writes?|creation)|cache writes?\s*\(?1[- ]?h(?:ou)?r?\)?",
    ),
    ("input", r"(?:cache[- ]?miss|uncached|non[- ]?cached|缓存未命中|未命中缓存)\s*(?:input)?"),
    (
        "cache_write",
        r"(?:prompt |context )?cach(?:e|ing)[- ]?\s*(?:writes?|creation|writing)|缓存写入|(?:显式)?缓存创建",
    ),
    (
        "cached_input",
        (
            r"cache[- ]?(?:hits?|reads?)(?:\s*(?:&|and)\s*refreshes)?|(?:prompt|context) caching(?:\s+(?:read|hit)s?)?"
            r"|cached?[- ]?(?:input|prompt)s?|cached|(?:显式|隐式)?缓存命中|命中缓存|缓存读取|缓存输入"
        ),
    ),
    ("image", r"image generation|images? output|image creation"),
    ("input", r"base input|inputs?|prompts?|输入"),
    ("output", r"outputs?|completions?|generated|输出"),
)
_MODALITIES: Final = (
    ("text", r"text|文本|文字"),
    ("audio", r"audio|speech|voice|音频|语音"),
    ("image", r"images?|图片|图像"),
    ("video", r"videos?|视频"),
)
_CURRENCIES: Final = (
    ("USD", r"us\$|\busd\b|\$|us dollars?|美元|美金"),
    ("CNY", r"\bcny\b|\brmb\b|¥|元|人民币|yuan"),
    ("EUR", r"\beur\b|€|euros?"),
    ("GBP", r"\bgbp\b|£"),
    ("JPY", r"\bjpy\b|円|日元"),
)
_TRAINING: Final = r"train(?:ing)?|fine-?\s?tun(?:e|ed|ing)|finetun(?:e|ed|ing)|tuning|微调|训练"
_ALL_OUTPUT: Final = (
    r"incl(?:uding|udes|\.)? (?:thinking|reasoning)(?: tokens)?|text and thinking|"
    r"(?:cot|chain[- ]of[- ]thought) (?:and|&|\+) (?:response|answer)s?|"
    r"responses? (?:and|&|\+) (?:thinking|reasoning)|(?:thinking|reasoning) (?:and|&|\+) responses?"
)
_ESTIMATE: Final = r"estimated|estimate|approx(?:imate|imately)?\.?|average"
_NOISE: Final = (
    r"\(?utc[^()]*\)?|\(?\d{1,2}% (?:off|discount)\)?|\(?北京时间[^()]*\)?|\(?\d(?:\.\d)?折\)?|时段|含多模态|"
    r"including thinking tokens|including reasoning tokens|text and thinking|"
    r"unless (?:otherwise )?noted|all models|"
    r"\bgeneration\b|prices?|pricing|priced|costs?|rates?|fees?|tokens?|tok\b|单价|价格|推理|百万|计费|token|"
    r"\bin\b|\bper\b|\bthe\b|\bof\b|\bfor\b|\band\b|\bwith\b|\bis\b|\bare\b|\bas\b|\bto\b|default|default\)|\bwhen\b|成本|费用|每|按|以|为单位|单位|本|下表"
)
_NOISE_RE: Final = re.compile(_NOISE)
_LONG_RE: Final = re.compile(r"long[- ]context|长上下文")
_SHORT_RE: Final = re.compile(r"short[- ]context|短上下文")
_LABEL_MARK: Final = re.compile(r"(?<=[^\W\d_])\(\d\)(?=\W|$)|(?<=\))\(\d\)(?=\W|$)")
_ONE: Final = r"(?:cached |cache[- ](?:hit|read) )?(?:inputs?|outputs?)(?: (?:prices?|costs?|tokens?|rates?))*"
_SHORT_ORDER: Final = re.compile(r"(?<![a-z])(in|out)\s*/\s*(out|in)(?![a-z])")
_ORDER: Final = re.compile(rf"(?<![a-z/] )(?<![a-z/])(?:{_ONE})(?:\s*/\s*(?:{_ONE}))+(?![a-z]|\s*/| (?!per\b)[a-z])")
"""Several prices in one cell, told apart by their order alone: "Input / Output"."""
_LEFTOVER: Final = re.compile(r"[^\w%¢\u0370-\uffff]+|_+")


_MODALITY_LIST: Final = re.compile(r"\b(text|audio|images?|videos?)\s*/\s*(?=(?:text|audio|image|video))")


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a label was understood to say. `unknown` holds the words that were not, and is empty for a good label.

    `doubt` is a text that may say the tier: it is not taken for one, and makes all doubtful that states none itself.
    """

    component: str | None = None
    modalities: frozenset[str] = frozenset()
    units: tuple[Unit, ...] = ()
    tier: str | None = None
    band: Band | None = None
    context: str | None = None
    currency: str | None = None
    training: bool = False
    loose: bool = False
    estimate: bool = False
    plan: bool = False
    since: date | None = None
    until: date | None = None
    left_out: bool = False
    order: tuple[str, ...] = ()
    doubt: str = ""
    unknown: str = ""


def fold(text: str) -> str:
    """Lower case, one kind of bracket, one kind of space."""
    return _fold(text) if len(text) < LONGEST_LABEL else _fold.__wrapped__(text)


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.split()).lower()
    return " ".join(unicodedata.normalize("NFKC", NOTE_MARK.sub(" ", INVISIBLE.sub("", text))).split()).lower()


def unmarked(label: str) -> str:
    """A label without the numbers in brackets that point to footnotes: "Output price(5)"."""
    return _LABEL_MARK.sub(" ", label)


def understand(text: str, words: Mapping[str, str] | None = None) -> Meaning:
    """Read a label. `words` maps whole labels to components, for what the common vocabulary does not know."""
    if len(text) > LONGEST_LABEL:
        return Meaning(unknown="a long text")
    for label, component in (words or {}).items():
        if fold(label) == fold(text):
            return Meaning(component=component or None, left_out=not component)
    return _understand(text)


@lru_cache(maxsize=4096)
def _understand(text: str) -> Meaning:
    rest = _PER_TOKEN.sub(" ", _MODALITY_LIST.sub(r"\1, ", fold(text)))
    rest, order = _take_order(rest)
    band, rest = take_band(rest)
    rest, is_long = _take(_LONG_RE.pattern, rest)
    rest, is_short = _take(_SHORT_RE.pattern, rest)
    units, rest = take_units(rest)
    rest, plan = _take(_NO_TIER, rest)
    tier, rest = _first(_TIERS, rest)
    rest, training = _take(_TRAINING, rest)
    rest, estimate = _take(_ESTIMATE, rest)
    rest, loose = re.subn(r"/\s*costs?\b", " ", rest)
    rest, _ = _take(_ALL_OUTPUT, rest)
    components, rest = _all(_COMPONENTS, rest)
    modalities, rest = _all(_MODALITIES, rest)
    currencies, rest = _all(_CURRENCIES, rest)
    component, clash = _one_component(components)
    unknown = " ".join(_LEFTOVER.sub(" ", _NOISE_RE.sub(" ", rest)).split())
    if clash or len(currencies) > 1 or (order and components):
        unknown = f"{unknown} {' and '.join(currencies if len(currencies) > 1 else [*order, *components])}".strip()
    return Meaning(
        component=component,
        modalities=frozenset(modalities),
        units=tuple(dict.fromkeys(units)),
        tier=tier,
        band=band,
        context=LONG if is_long else SHORT if is_short else None,
        currency=currencies[0] if len(currencies) == 1 else None,
        training=training,
        loose=loose > 0,
        estimate=estimate,
        plan=plan or tier == "free",
        order=order,
        unknown=unknown,
    )


def _take_order(text: str) -> tuple[str, tuple[str, ...]]:
    """The components that a label lists, and the text without them. A component named twice is no order."""
    text = _SHORT_ORDER.sub(r"\1put / \2put", text)
    found = _ORDER.search(text)
    parts = [_all(_COMPONENTS, part)[0] for part in found[0].split("/")] if found else []
    order = tuple(part[0] if len(part) == 1 else _one_component(part)[0] or "" for part in parts if part)
    if found is None or len(set(order)) != len(parts):
        return text, ()
    return f"{text[: found.start()]} {text[found.end() :]}", order


def _take(pattern: str, text: str) -> tuple[str, bool]:
    rest, count = _bounded(pattern).subn(" ", text)
    return rest, count > 0


@lru_cache(maxsize=256)
def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])")


def _first(table: tuple[tuple[str, str], ...], text: str) -> tuple[str | None, str]:
    for name, pattern in table:
        rest, found = _take(pattern, text)
        if found:
            return name, rest
    return None, text


def _all(table: tuple[tuple[str, str], ...], text: str) -> tuple[list[str], str]:
    found: list[str] = []
    for name, pattern in table:
        text, hit = _take(pattern, text)
        if hit and name not in found:
            found.append(name)
    return found, text


def _one_component(found: list[str]) -> tuple[str | None, bool]:
    """The most special component: a cached or written input is no plain input. Input and output at once is a clash."""
    special = [name for name in found if name != "input"]
    if len(special) > 1 or ("output" in special and "input" in found):
        return None, True
    best = special or found
    return (best[0] if best else None), False
