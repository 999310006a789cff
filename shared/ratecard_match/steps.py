"""The ladder of matching: each step finds the page names that are the model by one kind of reasoning, surest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ratecard_match.dates import agree
from ratecard_match.guard import FUZZY_SHARE, alikeness, objection
from ratecard_match.index import PageIndex, joined, versionless
from ratecard_match.name import Name, parse
from ratecard_match.vocabulary import BRANDS, DATED_RELEASES, MOVING, NUMBERED_SNAPSHOTS, OPEN_WEIGHTS, STAGES, TUNED

Aliases = Mapping[str, Sequence[str]]
"""Per model id the names that a page documents for it."""

Step = tuple[str, list[Name]]

SURE: Final = ("exact", "alias", "normalised", "brand", "snapshot")
"""Methods by which several ids honestly share one name: they say the same model."""


def steps(name: Name, index: PageIndex, aliases: Aliases) -> Iterator[Step]:
    """Yield per step its method and the page names it finds. The first step that finds any decides."""
    yield "exact", [index.names[name.text]] if name.text in index.names else []
    documented = documented_names(name, aliases)
    yield "alias", _documented(name, index, documented)
    if not name.core:
        return
    for core in _cores(name):
        yield "normalised", [one for one in index.same_core(core) if same_pointer(name, one)]
    for core in _cores(name):
        yield "brand", [one for one in _brandless(name, core, index) if same_pointer(name, one)]
    if not documented:  # a page that names the id otherwise than this one says that no likeness counts
        yield from _likely(name, index)


def _likely(name: Name, index: PageIndex) -> Iterator[Step]:
    yield "release", _released(name, index)
    for core in _cores(name):
        yield "snapshot", _undated(name, [*index.same_core(core), *_brandless(name, core, index)], index)
    yield "window", [one for one in index.with_window(name.core) if same_pointer(name, one)]
    yield "instruct", _tuned(name, index)
    yield "joined", [one for one in index.same_joined(joined(name)) if same_pointer(name, one)]
    yield "fuzzy", [one for one in index.same_numbers(name.numbers) if _alike(name, one)]


def same_pointer(mine: Name, other: Name) -> bool:
    """Return whether both say the same date, `-latest` and serial, or neither says any."""
    return agree(mine.dates, other.dates) and mine.latest == other.latest and mine.serial == other.serial


def documented_names(name: Name, aliases: Aliases) -> Sequence[str]:
    """Return the names that a page documents for the id, whatever path stands in front of it."""
    parts = name.text.split("/")
    tails = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((aliases[tail] for tail in tails if tail in aliases), ())


def _documented(name: Name, index: PageIndex, documented: Sequence[str]) -> list[Name]:
    found = [index.names[text] for text in documented if text in index.names][:1]
    spelled = [parse(text, provider=index.provider) for text in documented]
    found = found or [one for alias in spelled for one in index.same_core(alias.core) if same_pointer(alias, one)]
    return [] if _may_have_moved(name) and any(index.other_versions(one) for one in found) else found


def _may_have_moved(name: Name) -> bool:
    """Return whether the id points at the latest of a model without saying its version."""
    return name.latest and versionless(name.core) == name.core


def _cores(name: Name) -> list[tuple[str, ...]]:
    """Return the tokens as said, and with the first revision that `-v1` stands for written out."""
    if not name.first_revision:
        return [name.core]
    return [tuple(sorted((*name.core, "1"))), name.core]


def _brandless(name: Name, core: tuple[str, ...], index: PageIndex) -> list[Name]:
    """Return the names that are equal once a leading brand is left out on one side.

    A page may leave it out of its names; an id may if its maker is stated in front of it.
    """
    loose = name.loose if core == name.core else tuple(sorted((*name.loose, "1")))
    found = index.same_loose(loose)
    if name.brand:
        return [one for one in found if not one.brand]
    return [one for one in found if one.brand and BRANDS[one.brand] == name.vendor]


def _undated(name: Name, siblings: list[Name], index: PageIndex) -> list[Name]:
    """Return the one undated name of a snapshot's model, unless the page prices snapshots of it apart."""
    if not name.snapshot or not _names_a_snapshot(name) or any(one.snapshot for one in siblings):
        return []
    return [] if _revised(name, index) else siblings


def _revised(name: Name, index: PageIndex) -> bool:
    """Return whether the page has a second revision of this version: then a date alone does not tell which is meant."""
    if name.first_revision or not name.numbers:
        return False
    return bool(index.same_core(tuple(sorted((*name.core, "2")))))


def _names_a_snapshot(name: Name) -> bool:
    """Return whether the date, `-latest` or serial says a snapshot of one model, and not a release of its own.

    A day says a snapshot. A month says a release, unless the id states its version or its stage as well.
    """
    if name.serial:
        return True
    said = {*name.tokens, name.vendor}
    staged, versioned = bool(STAGES & said), versionless(name.core) != name.core
    previews = staged or bool(NUMBERED_SNAPSHOTS & said)  # who numbers the stable ones dates the previews
    if DATED_RELEASES & said or (previews and any(date.year is None for date in name.dates)):
        return False
    if versioned:
        return True
    return not any(family <= said for family in MOVING) and (staged or all(date.day for date in name.dates))


def _tuned(name: Name, index: PageIndex) -> list[Name]:
    """Return the name that leaves `instruct` out, where the page has one training of these weights only."""
    if TUNED not in name.tokens or not OPEN_WEIGHTS.intersection(name.tokens):
        return []
    core = tuple(token for token in name.core if token != TUNED)
    same = [one for one in index.same_weights(core) if same_pointer(name, one)]
    return same if all(one.core == core for one in same) else []


def _released(name: Name, index: PageIndex) -> list[Name]:
    """Return the name with the same date that also states the version, where the id states none."""
    if not name.dates or any(number[0].isdigit() and number[-1].isdigit() for number in name.numbers):
        return []
    return [one for one in index.names_dated(name.words) if same_pointer(name, one) and _adds_a_version(name, one)]


def _adds_a_version(name: Name, other: Name) -> bool:
    added = list((Counter(other.core) - Counter(name.core)).elements())
    return len(other.core) == len(name.core) + 1 and len(added) == 1 and added[0].replace(".", "").isdigit()


def _alike(name: Name, other: Name) -> bool:
    return objection(name, other) is None and 1 - alikeness(name, other) < FUZZY_SHARE
