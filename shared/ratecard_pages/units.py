"""Units of a price, taken from the page's words; a number of units that the words do not give is never assumed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

TOKENS: Final = "tokens"
TOKEN_HOUR: Final = "token hour"  # noqa: S105 - a unit
CHARACTERS: Final = "characters"
MINUTE: Final = "minute"
SECOND: Final = "second"
IMAGE: Final = "image"
REQUESTS: Final = "requests"
PAGES: Final = "pages"
OTHER: Final = "other"

TARGETS: Final[dict[str, Decimal]] = {
    TOKENS: Decimal(1_000_000),
    TOKEN_HOUR: Decimal(1_000_000),
    CHARACTERS: Decimal(1_000_000),
    MINUTE: Decimal(1),
    SECOND: Decimal(1),
    IMAGE: Decimal(1),
    REQUESTS: Decimal(1_000),
    PAGES: Decimal(1_000),
}
"""How many of a kind the vocabulary's components are priced for."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A price for `count` pieces of `kind`."""

    kind: str
    count: Decimal = Decimal(1)

    def normalise(self, amount: Decimal) -> Decimal:
        """The amount for as many pieces as the vocabulary's component is priced for."""
        return amount * TARGETS[self.kind] / self.count


_COUNTS: Final = (
    (r"1,?000,?000|1\s?mm?|(?:(?:1|one|a)[ -])?million|m|一?百万", 1_000_000),
    (r"10,?000|1?万", 10_000),
    (r"1,?000|1?\s?k|(?:(?:1|one|a)[ -])?thousand|一?千", 1_000),
    (r"1|one|a", 1),
)
_NUMBERS: Final = tuple((re.compile(pattern), number) for pattern, number in _COUNTS)
_COUNT: Final = "|".join(pattern for pattern, _ in _COUNTS)
_PER: Final = r"(?:/|\bper\b|每)\s*"


def _counted(noun: str, *, per: str, default: bool) -> re.Pattern[str]:
    count = rf"(?P<count>{_COUNT})"
    number = rf"(?:{count}[\s-]*)?" if default else rf"{count}[\s-]*"
    return re.compile(rf"{per}{number}(?:{noun})(?![a-z])")


_PATTERNS: Final = (
    (
        TOKEN_HOUR,
        re.compile(
            rf"(?:{_PER})?(?P<count>{_COUNT})[\s-]*tok(?:en)?s?\s*(?:/|per|and|·)\s*(?:an?\s+)?(?:hour|hr|h\b|小时)"
        ),
    ),
    (TOKENS, _counted(r"tok(?:en)?s?", per=_PER, default=False)),
    (TOKENS, re.compile(rf"{_PER}(?P<count>)tok(?:en)?(?![a-z])")),
    (
        TOKENS,
        re.compile(
            r"(?<![\w.,])(?<!\d[ -])(?<!ten )(?<!hundred )"
            r"(?P<count>1,?000,?000|1\s?m|(?:(?:1|one) )?million|百万|1,?000|1\s?k|(?:(?:1|one) )?thousand|"
            r"千|m|k)[\s-]*tok(?:en)?s?(?![a-z])"
        ),
    ),
    (CHARACTERS, _counted(r"characters?|chars?|字符", per=rf"(?:{_PER})?", default=True)),
    (
        REQUESTS,
        _counted(
            r"(?:search |tool |grounded |api )?"
            r"(?:calls?|requests?|search(?:es)?|quer(?:y|ies)|prompts|sources|invocations|次)",
            per=_PER,
            default=True,
        ),
    ),
    (
        REQUESTS,
        re.compile(
            r"(?:search(?:es)?(?: queries)?|queries|requests|calls)"
            r"\s*\(?\s*\$?\s*/\s*(?P<count>1,?000|1\s?k)(?![a-z0-9])"
        ),
    ),
    (PAGES, _counted(r"pages?|页", per=_PER, default=True)),
    (
        IMAGE,
        _counted(r"(?:output |generated )?(?:images?|pictures?|张)(?: output)?(?![\s-]*tok)", per=_PER, default=True),
    ),
    (MINUTE, _counted(r"(?:audio )?(?:minutes?|mins?|分钟)(?: of audio)?", per=_PER, default=True)),
    (SECOND, _counted(r"(?:video )?(?:seconds?|secs?|秒)(?: of video)?", per=_PER, default=True)),
    (
        OTHER,
        _counted(
            r"annotated pages?|hours?|hrs?|小时|days?|天|months?|月|years?|年|videos?|视频|songs?|首|音色|"
            r"gb|gib|sessions?|use|container|users?|seats?|ccu|million|task",
            per=_PER,
            default=True,
        ),
    ),
    (TOKENS, re.compile(r"(?:/|\bper\b|\$/)\s*(?P<count>1\s?m|million|1,000,000)(?![a-z0-9])")),
)


_BETWEEN: Final = re.compile(
    rf"((?:{_PER}(?:{_COUNT}))|(?<![\w.])(?:1\s?m|1,?000,?000|million|1\s?k|1,?000))\s+"
    r"((?:(?:cached|audio|text|image|video) )?(?:input|output)|cached|audio|text|image|video)\s+(tok\w*)"
)
_WAY_TO_BILL: Final = re.compile(
    r"\(?\b(?:billed|rounded|metered) (?:per|by(?: the)?) (?:second|minute|character)s?\b\)?"
)
"""How finely use is measured is no unit of the price beside it: "$ / audio minute (billed per second)"."""


def take_units(text: str) -> tuple[tuple[Unit, ...], str]:
    """The units that the text names, in order, and the text without them. `text` is folded (see `words.fold`)."""
    text = _BETWEEN.sub(r"\2 \1 \3", _WAY_TO_BILL.sub(" ", text))
    found: list[tuple[int, Unit]] = []
    for kind, pattern in _PATTERNS:
        while (match := pattern.search(text)) is not None:
            found.append((match.start(), Unit(kind=kind, count=Decimal(_count(match["count"])))))
            text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return tuple(unit for _, unit in sorted(found, key=lambda pair: pair[0])), text


def _count(printed: str | None) -> int:
    for pattern, number in _NUMBERS:
        if printed and pattern.fullmatch(printed.strip()):
            return number
    return 1
