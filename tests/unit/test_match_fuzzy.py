"""The mission's rule of likeness, and the guard that may object to it."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from ratecard_match import match
from ratecard_match.guard import objection
from ratecard_match.name import parse

WORDS = st.sampled_from(
    ["zephyra", "quillon", "gpt", "claude", "sonnet", "mini", "flash", "lite", "preview", "embedding"]
)
NUMBERS = st.sampled_from(["", "3", "4", "4.1", "4o", "8b", "70b", "2025-05-14", "0709", "latest"])
EDITS = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "swap", "case", "space"]), st.integers(0, 40)), max_size=3
)


@st.composite
def names(draw: st.DrawFn) -> str:
    words = draw(st.lists(WORDS, min_size=1, max_size=3))
    return "-".join(filter(None, [words[0], draw(NUMBERS), *words[1:], draw(NUMBERS)]))


def _edited(name: str, edits: list[tuple[str, int]]) -> str:
    for kind, position in edits:
        at = position % max(len(name) - 1, 1)
        head, letter, tail = name[:at], name[at : at + 1], name[at + 1 :]
        name = {
            "drop": head + tail,
            "double": head + letter * 2 + tail,
            "swap": head + tail[:1] + letter + tail[1:],
            "case": head + letter.upper() + tail,
            "space": name.replace("-", " "),
        }[kind]
    return name


@given(names(), EDITS)
def test_property_07_similar_names_match_wherever_the_guard_does_not_object(
    name: str, edits: list[tuple[str, int]]
) -> None:
    page_name = _edited(name, edits)
    assume(page_name)
    longest = max(len(name), len(page_name))
    assume(Levenshtein.distance(name.casefold(), page_name.casefold()) < 0.20 * longest)
    if objection(parse(name), parse(page_name)) is None:
        assert match(name, [page_name]).answer == page_name


@given(st.integers(1, 9), st.sampled_from(["mini", "pro", "flash"]), st.sampled_from(["", "-2025-05-14", "-latest"]))
def test_property_07_a_typing_error_on_the_page_still_matches(version: int, size: str, end: str) -> None:
    page_name = f"Quilon {version} {size.title()}"
    others = [f"Quilon {version + 1} {size}", f"Quilon {version}", "Zephyra"]
    expected = page_name if not end else None  # a typing error and another snapshot at once are too much
    assert match(f"quillon-{version}-{size}{end}", [*others, page_name]).answer == expected


@given(names(), names())
def test_a_guarded_difference_is_never_matched(name: str, other: str) -> None:
    one, two = parse(name), parse(other)
    result = match(name, [other])
    if result.answer is not None:
        # The same date says the same release, so its page may add the version.
        assert sorted(one.numbers) == sorted(two.numbers) or result.method == "release"
        assert set(one.words) - {"claude"} == set(two.words) - {"claude"}  # a page may leave the brand out


def test_known_words_are_never_typing_errors_of_each_other() -> None:
    for known, other in (("mistral", "mixtral"), ("mistral", "ministral"), ("image", "imagen"), ("embed", "embedding")):
        assert match(f"acme-{known}-3", [f"Acme {other} 3"]).answer is None


def test_an_added_last_letter_is_a_variant_and_no_typing_error() -> None:
    assert match("zephyra-4.7-quickly", ["Zephyra 4.7 Quicklyx"]).answer is None
