"""A model's name as the page gives it: dates, states, regions and bands beside a name are no part of it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from ratecard_pages.bands import Band
from ratecard_pages.figures import has_money
from ratecard_pages.words import INVISIBLE, NOTE_MARK, fold, understand
from ratecard_shared.prices import GLOBAL

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DATE: Final = (
    r"(?P<month>[A-Z][a-z]{2,8})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>20\d\d)|"
    r"(?P<day_first>\d{1,2})(?:st|nd|rd|th)? (?P<its_month>[A-Z][a-z]{2,8})\.?,? (?P<its_year>20\d\d)|"
    r"(?P<iso>20\d\d-\d\d-\d\d)"
)
_FROM: Final = re.compile(
    rf"\(?\b(?:starting|from|as of|effective(?: from)?|beginning|after|since) (?:{_DATE})\)?", re.IGNORECASE
)
_UNTIL: Final = re.compile(
    rf"\(?\b(?:through|until|till|up to|ending|before|valid (?:through|until)) (?:{_DATE})\)?", re.IGNORECASE
)
_STATE: Final = (
    r"deprecated|retired|retiring|legacy|limited availability|limited preview|"
    r"new|beta|alpha|preview|public preview|labs|open|"
    r"premier|ga|"
    r"coming soon|永久.折|.{0,4}折|新品|推荐|热门|限时优惠|recommended|latest|popular|"
    r"discontinued|research preview|experimental|updated|eol|end of life|sunset\w*|shut ?down|retires"
)
_BADGE: Final = re.compile(r"new!?|updated|\W?(?:deprecated|retired|retiring|discontinued)\W?", re.IGNORECASE)
_ID: Final = re.compile(r"[a-z][a-z0-9.]*(?:[-_/:][a-z0-9.]+){1,}")
_STATE_BRACKET: Final = re.compile(rf"\s*\((?:{_STATE})(?:[,;:\s](?![^()]*(?:pric|rate))[^()]*)?\)", re.IGNORECASE)
_STATE_PIECE: Final = re.compile(rf"(?:{_STATE})", re.IGNORECASE)
_REGION: Final = re.compile(r"\b(?:[a-z]{2}(?:-gov)?-(?:north|south|east|west|central)[a-z]*-?\d|global|us|eu)\b")
_BRACKET: Final = re.compile(r"\s*\(([^()]*)\)")
_MARKS: Final = re.compile(r"(?:\s*(?:\*+|†+|‡+|\[\d+\]|\(\d\)|[¹²³⁴⁵]))+$")
_NO_NAME: Final = re.compile(
    r"(?:models?|total|all(?: other)? models?|所有模型|others?|price|free|paid|enterprise|"
    r"standard|batch|-+|n/?a|notes?)",
    re.IGNORECASE,
)
_ANY_MONTH: Final = "|".join(rf"{name[:3]}(?:{name[3:]}|\b)" for name in _MONTHS)
_ABOUT_NAMES: Final = re.compile(
    r"(?:examples?|e\.g\.|sample|savings?|vs|versus|compared|(?:sub)?total|sum)\b", re.IGNORECASE
)
"""A row that begins so calculates or compares."""
_LEFT_OVER: Final = re.compile(
    r"[<>{}|]|\b(?:intro(?:ductory)?|promo(?:tional)?|regular|old|new|legacy|previous|former|list) "
    r"(?:price|pricing|rate|period|offer)\b|"
    r"\b(?:starting|through|until|till|effective|beginning|valid|from|since|after|before|as of)\b"
    rf".*\b(?:20\d\d|{_ANY_MONTH})",
    re.IGNORECASE,
)
_LONGEST: Final = 100
_LONGEST_CELL: Final = 500


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The models that a cell names, and what else it says about their price. `fault` says why it names none."""

    names: tuple[str, ...] = ()
    band: Band | None = None
    tier: str | None = None
    region: str = GLOBAL
    effective_from: date | None = None
    effective_until: date | None = None
    fault: str | None = None


def read_names(pieces: tuple[str, ...]) -> Names:
    """Read a model cell, given as its separate parts."""
    if sum(map(len, pieces)) > _LONGEST_CELL:
        return Names(fault="the name is too long to be a model's")
    return _read_names(tuple(NOTE_MARK.sub("", INVISIBLE.sub("", piece)) for piece in pieces))


@lru_cache(maxsize=2048)  # a page names a model once for every tier
def _read_names(pieces: tuple[str, ...]) -> Names:
    kept, region = _without_badges(pieces)
    kept, band = _without_band(kept)
    text = " ".join(kept)
    text, start = _take_date(_FROM, text)
    text, until = _take_date(_UNTIL, text)
    text = _with_id(_STATE_BRACKET.sub("", text))
    text, bracketed, tier = _brackets(text)
    band = bracketed or band
    names = tuple(_clean(part) for part in _several(text))
    fault = next((fault for name in names if (fault := _fault(name))), None)
    if fault:
        return Names(fault=fault)
    return Names(names=names, band=band, tier=tier, region=region, effective_from=start, effective_until=until)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A form in which two spellings of one name are equal: no case, no separators."""
    return re.sub(r"[^0-9a-z.+\u0080-\uffff]+", "", unicodedata.normalize("NFKC", name).casefold())


def dates(text: str) -> tuple[date | None, date | None]:
    """From when and until when a text says that something holds."""
    return _take_date(_FROM, text)[1], _take_date(_UNTIL, text)[1]


def whole_dates(text: str) -> tuple[date | None, date | None]:
    """From when and until when, for a text that says nothing else: "from October 1, 2026"."""
    rest = _UNTIL.sub("", _FROM.sub("", text))
    return (None, None) if understand(rest).unknown else dates(text)


def _without_badges(pieces: tuple[str, ...]) -> tuple[list[str], str]:
    kept, region = list(pieces[:1]), GLOBAL
    for piece in pieces[1:]:
        if _REGION.fullmatch(piece.strip()):
            region = piece.strip()
        elif not _STATE_PIECE.fullmatch(piece.strip()):
            kept.append(piece)
    if len(kept) > 1 and all(piece.startswith(f"{kept[0]}-") and " " not in piece for piece in kept[1:]):
        return [" / ".join(kept)], region  # an id with its dated snapshots: the price is theirs too
    if len(kept) > 1 and _are_versions(kept):
        return [" / ".join(kept)], region  # models below each other
    ids = [piece for piece in kept[1:] if _ID.fullmatch(piece) is not None]
    if len(kept) == 2 and ids:  # noqa: PLR2004 - a display name with the id below it: the id says more
        return ids, region
    return kept, region


def _are_versions(pieces: list[str]) -> bool:
    """Whether every part is the name of a model of one family: "Nimbus 3" and "Nimbus 2", "NIM-2" and "NIM-2X"."""
    families = {re.split(r"[\s-]", piece.strip())[0] for piece in pieces}
    named = all(re.fullmatch(r"[A-Za-z][\w.]*(?:[ -][\w.]+)+", piece.strip()) for piece in pieces)
    return len(families) == 1 and named and all(re.search(r"\d", piece) for piece in pieces)


def _without_band(pieces: list[str]) -> tuple[list[str], Band | None]:
    """A part that says nothing but a context band is no part of the name."""
    for piece in pieces[1:]:
        meaning = understand(piece)
        if meaning.band is not None and not (meaning.unknown or meaning.component or meaning.modalities):
            return [other for other in pieces if other is not piece], meaning.band
    return pieces, None


def _take_date(pattern: re.Pattern[str], text: str) -> tuple[str, date | None]:
    match = pattern.search(text)
    if match is None:
        return text, None
    found = _date(match)
    return (text[: match.start()] + text[match.end() :], found) if found else (text, None)


def _date(match: re.Match[str]) -> date | None:
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        day, named = match["day"] or match["day_first"], (match["month"] or match["its_month"]).lower()
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(named[:3]))
        return date(int(match["year"] or match["its_year"]), month, int(day))
    except (ValueError, StopIteration):
        return None


def _with_id(text: str) -> str:
    """The id alone, where it stands behind the name that it begins with: "Nimbus 4 8B nimbus-4-8b-instant"."""
    name, _, last = text.rpartition(" ")
    again = " " in name and name[-1] != "/" and _ID.fullmatch(last) and folded(last).startswith(folded(name))
    return last if again and re.search(r"\d", name) else text


def _brackets(text: str) -> tuple[str, Band | None, str | None]:
    band, tier = None, None
    for match in list(_BRACKET.finditer(text)):
        meaning = understand(match[1])
        if meaning.unknown or meaning.component or meaning.modalities:
            continue
        if meaning.band is not None or (meaning.tier is not None and meaning.tier != "fast"):
            band, tier = meaning.band or band, meaning.tier or tier
            text = text.replace(match[0], " ", 1)
    return text, band, tier


def _several(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"\s+/\s+|\s*,\s+|\s+(?:and|or|&)\s+", text) if part.strip()]
    first = parts[0].split()[0].casefold() if parts else ""
    if len(parts) > 1 and all(part.startswith(f"{parts[0]}-") for part in parts[1:]):
        return parts
    alike = all(re.search(r"\d", part) and (part.split()[0].casefold() == first or "-" in part) for part in parts)
    return parts if len(parts) > 1 and alike else [text]


def _clean(name: str) -> str:
    text = " ".join(_MARKS.sub("", name.strip()).split())
    words = text.split(" ")
    while len(words) > 1 and (_is_garbage(words[-1]) or _BADGE.fullmatch(words[-1])):
        words.pop()
    return " ".join(words).strip(" ,;:")


def _is_garbage(word: str) -> bool:
    """An emoji, or one that a wrong decoding took apart: no letters, or control characters among them."""
    return any(unicodedata.category(c) == "Cc" for c in word) or all(unicodedata.category(c)[0] in "SPMZ" for c in word)


def _fault(name: str) -> str | None:
    if not name or not re.search(r"[^\W\d_]", name):
        return "the row has no model name"
    if len(name) > _LONGEST:
        return "the name is too long to be a model's"
    if _LEFT_OVER.search(name) is not None or _ABOUT_NAMES.match(name) is not None:
        return f"{name[:60]!r} holds more than a model's name"
    if "\ufffd" in name:
        return "the name has characters that cannot be decoded"
    return f"{name[:60]!r} is no model name" if _is_another_thing(name) else None


def _is_another_thing(name: str) -> bool:
    """Whether a name is a price, a price kind, or a word for no model in particular."""
    meaning = understand("" if re.search(r"\d", name) else name)
    says_a_kind = not meaning.unknown and bool(meaning.component or meaning.modalities)
    bare = _BRACKET.sub("", name)
    return says_a_kind or any(_NO_NAME.fullmatch(fold(part)) for part in (name, bare)) or has_money(name)
