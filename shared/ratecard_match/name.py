"""A model's name taken apart: who made it, words and numbers, date, stage. Parsing drops only what names no model.

Ids (`meta.llama3-1-8b-instruct-v1:0`) and display names (`Meta: Llama 3.1 8B Instruct`) come out the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from ratecard_match.dates import SnapshotDate, take_dates
from ratecard_match.vocabulary import (
    BRANDS,
    GENERIC,
    HOSTS,
    MAKERS,
    NICKNAMES,
    NOTES,
    NUMBERED_SNAPSHOTS,
    PURE_MAKERS,
    REGIONS,
    SPELLINGS,
)

_MARKS: Final = re.compile(r"[\u00b9\u00b2\u00b3\u2070-\u2079*\u2020\u2021\u2122\u00ae\u00a9]")
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212]")
_PAGE_VENDOR: Final = re.compile(r"^([^:()]{2,30}):\s+(?=\S)")
_DOT_VENDOR: Final = re.compile(r"^([a-z0-9]+)\.(?=[a-z])")
_REVISION: Final = re.compile(r"[-_](?:v(?P<number>\d+)(?::(?P<minor>\d+))?|(?P<bare>\d+):0)(?=$|:)")
_VERSION: Final = re.compile(r"(?<![\d.])([1-9]\d?)[-_](\d)(?![\w.])")
_SERIAL: Final = re.compile(r"(?<=[-@ ])(00\d)$")
_CHUNK: Final = re.compile(r"\d+(?:\.\d+)+[^\W\d_]*|[^\W_]+(?:\.\d+[^\W\d_]*)?")
_LETTERS_FIRST: Final = re.compile(r"^([^\W\d_]{3,})(\d.*)$")
_ZEROS: Final = re.compile(r"^(\d+)(?:\.0+)+$")
_V: Final = re.compile(r"^v(\d[\d.]*)$")


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A name in parts. `core` are its tokens in order of the alphabet, `loose` the same without the leading brand.

    `words` are those of `core` that are letters only, `numbers` the others.
    `first_revision` is set by a trailing `-v1`, which pages leave out; `serial` is the number of a stable snapshot.
    """

    text: str
    vendor: str
    tokens: tuple[str, ...]
    core: tuple[str, ...]
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    loose: tuple[str, ...]
    brand: str
    dates: tuple[SnapshotDate, ...]
    latest: bool
    serial: str
    first_revision: bool

    @property
    def snapshot(self) -> bool:
        """Whether the name points at one snapshot of a model, or at its latest."""
        return bool(self.dates or self.latest or self.serial)


@lru_cache(maxsize=8192)  # the same ids are asked about at every look-up and every sync
def parse(text: str, *, provider: str = "") -> Name:
    """Take a name apart. `provider` owns names that say a size or a job only ("OCR 4.1" on Mistral's page)."""
    vendor, rest = _take_vendor(_plain(text))
    rest, first_revision = _take_revision(rest)
    rest, dates = take_dates(rest)
    rest, serial = _take_serial(rest)
    tokens = _tokens(rest)
    latest = "latest" in tokens
    tokens = tuple(token for token in tokens if token not in NOTES and token != "latest")  # noqa: S105 - no password
    if len(tokens) > 1 and tokens[0] in PURE_MAKERS and _telling(tokens[1:]):
        vendor, tokens = vendor or MAKERS[tokens[0]], tokens[1:]
    tokens = _owned(tokens, vendor or MAKERS.get(_squeeze(provider), ""))
    core = tuple(sorted(tokens))
    brand = tokens[0] if len(tokens) > 1 and tokens[0] in BRANDS and _telling(tokens[1:]) else ""
    return Name(
        text=text,
        vendor=vendor,
        tokens=tokens,
        core=core,
        numbers=tuple(token for token in core if not token.isalpha()),
        words=tuple(token for token in core if token.isalpha()),
        loose=tuple(sorted(tokens[1:] if brand else tokens)),
        brand=brand,
        dates=dates,
        latest=latest,
        serial=serial,
        first_revision=first_revision,
    )


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _MARKS.sub("", text)).casefold().strip()
    plain = _DASHES.sub("-", plain).replace("+", " plus ").replace("x.ai", "xai").replace("z.ai", "zai").strip()
    plain = plain.removesuffix("@default") + "-latest" if plain.endswith("@default") else plain
    without = re.sub(NICKNAMES, " ", plain)
    return without.strip(" ()") if re.search(r"\d", without) else plain


def _take_vendor(text: str) -> tuple[str, str]:
    if found := _PAGE_VENDOR.match(text):
        return _maker(found[1]), text[found.end() :]
    if any(letter.isspace() for letter in text):
        return "", text
    *path, name = text.split("/")
    kept = [segment for segment in path if _squeeze(segment) not in HOSTS]
    vendor = _maker(kept.pop(0)) if kept and not _is_setting(kept[0]) else ""
    if (found := _DOT_VENDOR.match(name)) and found[1] in REGIONS:
        name = name[found.end() :]
        kept.append(found[1])
    if (found := _DOT_VENDOR.match(name)) and found[1] in MAKERS:
        vendor, name = MAKERS[found[1]], name[found.end() :]
    return vendor, "-".join((*kept, name))


def _is_setting(segment: str) -> bool:
    """Return whether a path segment says where or how a model is served (`eu`, `hd`), which has a price."""
    return segment in REGIONS | GENERIC or bool(re.search(r"(?<![a-z\d])\d+(?![a-z\d])", segment))


def _maker(text: str) -> str:
    squeezed = _squeeze(text)
    return MAKERS.get(squeezed, squeezed)


def _squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _take_revision(text: str) -> tuple[str, bool]:
    found = _REVISION.search(text)
    if not found:
        return text, False
    number, minor = found["number"] or found["bare"], found["minor"] or "0"
    first = number == "1" and minor == "0"
    kept = "" if first else f" {number}" if minor == "0" else f" {number}.{minor}"
    return text[: found.start()] + kept + text[found.end() :], first


def _take_serial(text: str) -> tuple[str, str]:
    found = _SERIAL.search(text)
    if not found or not NUMBERED_SNAPSHOTS.intersection(_tokens(text)):
        return text, ""
    return text[: found.start()], found[1]


def _tokens(text: str) -> tuple[str, ...]:
    text = _VERSION.sub(r"\1.\2", text)
    return tuple(token for chunk in _CHUNK.findall(text) for token in _split(chunk))


def _split(chunk: str) -> tuple[str, ...]:
    if chunk in SPELLINGS:
        return (SPELLINGS[chunk],)
    if found := _V.match(chunk):
        return (_ZEROS.sub(r"\1", found[1]),)
    if found := _LETTERS_FIRST.match(chunk):
        return (found[1], _ZEROS.sub(r"\1", found[2]))
    return (_ZEROS.sub(r"\1", chunk),)


def _telling(tokens: tuple[str, ...]) -> bool:
    """Return whether tokens tell whose model it is: by a word of no common meaning, or by a version letter (r1, o3)."""
    return any((token.isalpha() and token not in GENERIC) or re.match(r"[a-z]\d", token) for token in tokens)


def _owned(tokens: tuple[str, ...], vendor: str) -> tuple[str, ...]:
    if BRANDS.get(vendor) == vendor and not _telling(tokens):
        return (vendor, *tokens)
    return tokens
