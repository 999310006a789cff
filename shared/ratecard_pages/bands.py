"""Context bands: "prompts of more than N tokens". A band is known only where words give a comparison and a size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_SIZE: Final = r"(\d+(?:[.,]\d+)*)(?:\s*(k|m|万)(?![a-z]))?"
_TAIL: Final = (
    r"(?:\s*(?:input|context|prompt|total)?\s*(?:tokens?|context(?: length| window)?|tok\b)"
    r"(?:\s*(?:context(?: length)?|length))?)?"
)
_HEAD: Final = r"(?:(?:prompts?|inputs?|context|requests?|输入长度|上下文|输入|token)\s*(?:of|with|length)?\s*:?\s*)?"
_BELOW: Final = r"(?:<=|≤|<|up to|under|below|within|at most|小于等于|不超过)"
_ABOVE: Final = r"(?:>=|≥|>|over|above|more than|exceeding|greater than|longer than|大于)"

_RANGES: Final = (
    re.compile(rf"{_SIZE}\s*(?:<=|≤|<)\s*(?:输入长度|token|tokens|input|输入)?\s*(?:<=|≤|<)\s*{_SIZE}{_TAIL}"),
    re.compile(rf"{_HEAD}[(\[]\s*{_SIZE}\s*,\s*{_SIZE}\s*[)\]]{_TAIL}"),
    re.compile(rf"{_HEAD}{_SIZE}\s*[~–—-]\s*{_SIZE}{_TAIL}"),
)
_UPPER: Final = re.compile(rf"{_HEAD}{_BELOW}\s*{_SIZE}{_TAIL}")
_LOWER: Final = (
    re.compile(rf"{_HEAD}{_ABOVE}\s*{_SIZE}{_TAIL}"),
    re.compile(rf"{_HEAD}(\d+)\s*(k|m)\s*\+{_TAIL}"),
    re.compile(rf"{_HEAD}[(\[]\s*{_SIZE}\s*,\s*\+?∞\s*[)\]]{_TAIL}"),
)
_SCALE: Final = {"k": 1_000, "m": 1_000_000, "万": 10_000}
_SMALLEST: Final = 1_000


_THRESHOLD: Final = re.compile(rf"(?:[<>]=?|[≤≥]|&[lg]t;=?)\s*{_SIZE}\s*$", re.IGNORECASE)
_TOKENS_AFTER: Final = ("input token", "context length", "prompt token")
_REACH: Final = 20


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """More than `above` tokens, at most `upto` (None where the words give no end)."""

    above: int
    upto: int | None = None


def take_band(text: str) -> tuple[Band | None, str]:
    """The band that the folded text names, and the text without it. Two bands in one text are none."""
    band = _range(text) or _upper(text) or _lower(text)
    if band is None:
        return None, text
    found, start, end = band
    rest = text[:start] + " " + text[end:]
    again = _range(rest) or _upper(rest) or _lower(rest)
    return (None, text) if again is not None else (found, rest)


def thresholds(text: str) -> frozenset[int]:
    """Every size that a text compares input tokens with, as in "> 200k input tokens" or "< 272k context length"."""
    before = (text[max(0, at - _REACH) : at] for words in _TOKENS_AFTER for at in _places(text, words))
    sizes = (_size(m[1], (m[2] or "").lower()) for piece in before if (m := _THRESHOLD.search(piece)) is not None)
    return frozenset(size for size in sizes if size is not None)


def _places(text: str, words: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _range(text: str) -> tuple[Band, int, int] | None:
    for pattern in _RANGES:
        for match in pattern.finditer(text):
            low = 0 if match[1].strip("0.,") == "" else _size(match[1], match[2] or match[4])
            high = _size(match[3], match[4])
            if low is not None and high is not None and low < high:
                return Band(above=low, upto=high), match.start(), match.end()
    return None


def _upper(text: str) -> tuple[Band, int, int] | None:
    for match in _UPPER.finditer(text):
        if (size := _size(match[1], match[2])) is not None:
            return Band(above=0, upto=size), match.start(), match.end()
    return None


def _lower(text: str) -> tuple[Band, int, int] | None:
    for pattern in _LOWER:
        for match in pattern.finditer(text):
            if (size := _size(match[1], match[2])) is not None:
                return Band(above=size), match.start(), match.end()
    return None


def _size(number: str, suffix: str | None) -> int | None:
    plain = number.replace(",", "")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", plain):
        return None
    size = int(float(plain) * _SCALE.get(suffix or "", 1))
    return size if size >= _SMALLEST else None
