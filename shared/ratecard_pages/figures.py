"""What a cell prices: figures with the words around them, "free", or nothing. A cell that does not parse is said so.

A figure is money only with a currency sign beside it, or where it is all that the cell holds. Amounts keep the digits
that were printed.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec

from ratecard_pages.units import TOKENS, take_units
from ratecard_pages.words import NOTE_MARK, fold, understand

_SIGN: Final = r"us\$|\$|¥|€|£|usd|cny|rmb|eur|gbp"
_AFTER: Final = r"元|美元|usd|cny|rmb|eur|€|gbp"
_NUMBER: Final = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
MONEY: Final = re.compile(
    rf"(?P<minus>[-−–]\s?)?(?:(?P<before>{_SIGN})\s?(?P<minus2>[-−–])?(?P<n1>{_NUMBER})|(?P<n2>{_NUMBER})\s?(?P<after>{_AFTER})(?![a-z]))"
    rf"(?P<tail>[,.]\d)?"
)
_BARE: Final = re.compile(rf"(?P<minus>[-−–]\s?)?(?P<n>{_NUMBER})")
_CODES: Final = {
    "us$": "USD", "$": "USD", "usd": "USD", "美元": "USD", "¥": "¥", "元": "CNY", "cny": "CNY", "rmb": "CNY",
    "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP",
}  # fmt: skip
_FREE: Final = re.compile(r"(?:free(?: of charge)?|no charge|免费|限免|限时免费)\W*")
_NOTHING: Final = re.compile(
    r"(?:[-–—−\\/\s.]*|n/?a|none|null|tb[ad]|not (?:available|applicable|supported|offered)|"
    r"coming soon|contact (?:us|sales)(?: .*)?|"
    r"(?:暂)?不支持|暂无|无|敬请期待|联系(?:我们|销售)|unavailable|custom|same as .*|-)\W*"
)
_TAIL: Final = re.compile(r"[,;]?\s*(?:which is |is )?equivalent to .*$")
_OR: Final = re.compile(r"(?:,|;)?\s+or\s*$")
_EQUIVALENT: Final = re.compile(
    r"\((?:[^()]*\b)?(?:equivalent|equals?|approx(?:imately|\.)?|about|around|roughly|~|≈|约)[^()]*\)"
)
_PER_DOLLAR: Final = re.compile(r"\(\s*[\d.,]+\s*[kmb]?\s*/\s*\$1\s*\)")
_MARK: Final = re.compile(r"\[?(\*+|†+|‡+)\]?|\[(\d{1,2})\]")
_BOUND: Final = re.compile(r"(?:[<>≤≥~≈±]|[<>]=)\s*$")
_OPEN_END: Final = re.compile(r"\s*\+")
_BAND_LEAD: Final = re.compile(
    r"[,;.]?\s*((?:for )?(?:prompts?|inputs?|context)?\s*"
    r"(?:<=|>=|[<>≤≥]|up to|over|above|under|below)\s*\d[\d,.]*\s?[km]?"
    r"(?: (?:input |prompt )?tokens?)?):\s*$"
)
_IN: Final = re.compile(r"(?<=\w) in(?=\s*(?:[,;/|+&]|and\b|$))|(?<![a-z])in(?=:)")
_OUT: Final = re.compile(r"(?<=\w) out(?=\s*(?:[,;/|+&]|and\b|$))|(?<![a-z])out(?=:)")
"""Short for input and output, where a cell has both: "$2 in, $6 out"."""
_GAP_END: Final = re.compile(r"[,;/|)\]]\s*$")
_GAP_BEGIN: Final = re.compile(r"\s*[,;/|–—-]")
_OPENED: Final = re.compile(r"[(\[][^()\[\]]*[a-z][^()\[\]]*$")
_LONGEST: Final = 1_000
_PER_MILLION: Final = re.compile(r"(?<=\d)\s?/\s?M(?![A-Za-z])")
_STRUCK: Final = re.compile(r"~~.*?~~")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One amount, and the words of its cell that are about it. `printed` is the number as the page prints it."""

    amount: Decimal
    printed: str
    currency: str | None
    words: str = ""
    marks: tuple[str, ...] = ()


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What a cell holds. `fault` says why it could not be read."""

    figures: tuple[Figure, ...] = ()
    free: bool = False
    empty: bool = False
    fault: str | None = None

    @property
    def is_text(self) -> bool:
        return not (self.figures or self.free or self.empty or self.fault)


@lru_cache(maxsize=4096)
def read_cell(text: str) -> Cell:
    """Read a price cell. A page prints the same few figures again and again: each is read once."""
    if len(text) > _LONGEST:
        return Cell()
    written = _PER_MILLION.sub("/1M", NOTE_MARK.sub(_plain_mark, _STRUCK.sub(" ", text)))
    folded = fold(written)
    folded = _TAIL.sub("", _EQUIVALENT.sub(" ", _PER_DOLLAR.sub(" ", folded))).strip()
    if _NOTHING.fullmatch(folded):
        return Cell(empty=True)
    if _FREE.fullmatch(folded):
        return Cell(free=True)
    bare = _BARE.fullmatch(_MARK.sub("", folded).strip())
    if bare is not None:
        return _fault(folded) if bare["minus"] else Cell(figures=(_figure(bare["n"], None, "", folded),))
    return _money(folded)


def _plain_mark(mark: re.Match[str]) -> str:
    return f"[{unicodedata.normalize('NFKC', mark[0])}]"


def _money(folded: str) -> Cell:
    if _IN.search(folded) and _OUT.search(folded):
        folded = _OUT.sub(" output", _IN.sub(" input", folded))
    matches = list(MONEY.finditer(folded))
    if any(m["minus"] or m["minus2"] or m["tail"] or _is_limit(folded, m) for m in matches):
        return _fault(folded)
    if not matches:
        return Cell()
    gaps = _gaps(folded, matches)
    if _labels_come_first(gaps):
        if not all(_is_label_of_next(gap, first=_tells_apart(gaps[0])) for gap in gaps[1:-1]):
            return _fault(folded)
        words = [f"{before} {gaps[-1]}" for before in gaps[:-1]]
        return Cell(figures=tuple(map(_of_match, matches, words, gaps[1:])))
    return Cell(figures=_split(folded, matches, gaps))


def _gaps(text: str, matches: list[re.Match[str]]) -> list[str]:
    """The words before, between and behind the figures."""
    edges = [0, *(edge for match in matches for edge in match.span()), len(text)]
    return [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]


def _labels_come_first(gaps: list[str]) -> bool:
    """Whether each figure's label stands before it without a colon: "Audio $10, Text $3"; or nobody can tell."""
    lead, *between, last = gaps
    telling = [gap for gap in between if _tells_apart(gap) and not _is_settled(gap)]
    if not between or lead.rstrip().endswith(":") or any(map(_is_settled, between)):
        return False
    if _tells_apart(last):  # then labels come behind their figures, and a label of all may come first
        return False
    return _tells_apart(lead) or any(_GAP_END.search(gap) is None for gap in telling)


def _is_settled(gap: str) -> bool:
    """Whether a colon or a bracket says what the words in it are about."""
    return gap.rstrip().endswith(":") or _OPENED.search(gap) is not None


def _tells_apart(words: str) -> bool:
    """Whether words say what a figure is, beside its currency and how many tokens it is for."""
    meaning = understand(_OUT.sub(" output", _IN.sub(" input", words)))
    other = any(unit.kind != TOKENS for unit in meaning.units)
    return other or bool(meaning.component or meaning.modalities or meaning.tier or meaning.band or meaning.context)


def _is_label_of_next(gap: str, *, first: bool) -> bool:
    """Whether words between two figures can only be about the second; `first` says that the first has its label."""
    apart = first or _GAP_BEGIN.match(gap) is not None
    return apart and _tells_apart(gap) and not take_units(gap)[0] and _GAP_END.search(gap) is None


def _of_match(match: re.Match[str], words: str, near: str) -> Figure:
    return _figure(match["n1"] or match["n2"], _CODES[match["before"] or match["after"]], words, near)


def _is_limit(folded: str, match: re.Match[str]) -> bool:
    """Whether signs make an amount a bound or a guess: "<$0.01", "~$2", "$2+"."""
    return _BOUND.search(folded[: match.start()]) is not None or _OPEN_END.match(folded[match.end() :]) is not None


def marks_in(text: str) -> tuple[str, ...]:
    """The marks in a text that may point to footnotes."""
    return tuple(m[1] or m[2] for m in _MARK.finditer(NOTE_MARK.sub(_plain_mark, text)))


def has_money(text: str) -> bool:
    """Whether the text prints an amount with a currency."""
    return MONEY.search(fold(text)) is not None


def _fault(folded: str) -> Cell:
    return Cell(fault=f"the cell {folded[:60]!r} is no plain amount")


def _split(text: str, matches: list[re.Match[str]], gaps: list[str]) -> tuple[Figure, ...]:
    """Give every figure its words: those after it, and those before it up to the last figure if they end in a colon.

    A figure after "or" says the one before it again, in another unit, and is left out.
    """
    lead, figures = gaps[0], []
    again = False
    for match, gap in zip(matches, gaps[1:], strict=True):
        last = match is matches[-1]
        follows, next_lead = (gap, "") if last else _colon(gap, lead)
        alternative = _OR.search(follows) is not None and not last and _is_other_unit(matches, match, text)
        currency = _CODES[(match["before"] or match["after"])]
        if not again:
            words = _OR.sub("", follows) if alternative else follows
            figures.append(_figure(match["n1"] or match["n2"], currency, f"{lead} {words}", follows))
        again, lead = alternative, next_lead
    return tuple(figures)


def _is_other_unit(matches: list[re.Match[str]], match: re.Match[str], text: str) -> bool:
    """Whether the figure behind this one has a unit of its own, and so may be the same price again."""
    place = matches.index(match) + 1
    end = matches[place + 1].start() if place + 1 < len(matches) else len(text)
    return bool(take_units(text[matches[place].end() : end])[0])


def _colon(gap: str, lead: str) -> tuple[str, str]:
    """Words between two figures: those about the first, and the lead of the second (the last lead, or a new one).

    Words in a bracket that closes behind the second figure are about that one alone.
    """
    found = _BAND_LEAD.search(gap) or re.search(r"[,;.]?\s*([a-z][a-z ()-]*):\s*$", gap)
    if found is not None:
        return gap[: found.start()], found[1]
    opened = _OPENED.search(gap)
    if opened is not None:
        return gap[: opened.start()], opened[0]
    return gap, "" if lead.startswith(("(", "[")) else lead


def _figure(number: str, currency: str | None, words: str, near: str) -> Figure:
    marks = tuple(m[1] or m[2] for m in _MARK.finditer(near))
    cleaned = _MARK.sub(" ", words).replace("^", " ")
    return Figure(
        amount=Decimal(number.replace(",", "")),
        printed=number,
        currency=currency,
        words=cleaned.strip(" ,;:"),
        marks=marks,
    )
