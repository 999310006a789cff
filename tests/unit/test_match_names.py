"""Spellings of one made-up model come out the same, and what tells two models apart never disappears in parsing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_match import match
from ratecard_match.name import parse

FAMILIES = st.sampled_from(["zephyra", "Quillon", "brontide", "Marlowe"])
SIZES = st.sampled_from(["mini", "nano", "pro", "flash", "flash lite", ""])
VERSIONS = st.tuples(st.integers(1, 9), st.integers(1, 9))


def _id(family: str, version: tuple[int, int], size: str, point: str = ".") -> str:
    parts = [family, f"{version[0]}{point}{version[1]}", size]
    return "-".join("-".join(parts).split()).strip("-").casefold()


@given(FAMILIES, VERSIONS, SIZES, st.sampled_from(["", "models/", "acme/", "acme."]), st.sampled_from([".", "-"]))
def test_an_id_and_its_display_name_are_the_same(
    family: str, version: tuple[int, int], size: str, prefix: str, point: str
) -> None:
    if prefix == "acme.":
        prefix = "anthropic."
    display = f"{family.title()} {version[0]}.{version[1]} {size.title()}".strip()
    assert match(prefix + _id(family, version, size, point), [display]).answer == display


@given(FAMILIES, VERSIONS, SIZES, VERSIONS, SIZES)
def test_another_version_or_size_is_another_model(
    family: str, version: tuple[int, int], size: str, other_version: tuple[int, int], other_size: str
) -> None:
    same = (version, size) == (other_version, other_size)
    result = match(_id(family, version, size), [_id(family, other_version, other_size)])
    assert (result.answer is not None) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zephyra-3-5-mini", "Zephyra 3.5 Mini"),
        ("meta.zephyra3-1-8b-instruct-v1:0", "Zephyra 3.1 Instruct (8B)"),
        ("acme/zephyra-3.0", "Acme: Zephyra 3"),
        ("zephyra-r-plus", "Zephyra R+"),
        ("zephyra-3:free", "Zephyra 3 (free)"),
        ("zephyra-3-2025-05-14", "Zephyra 3 (2025-05-14)"),
        ("zephyra-large-2502", "Zephyra Large (25.02)"),
        ("zephyra-3-lite-v1", "Zephyra 3 Lite 1.0"),
        ("us.anthropic.zephyra-3-v1:0", "Zephyra 3 (US)"),
        ("zephyra-embedding-3", "Zephyra Embeddings 3"),
    ],
)
def test_conventions_of_writing_are_known(one: str, other: str) -> None:
    assert match(one, [other]).answer == other


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        ("zephyra-3", "zephyra-3o"),
        ("zephyra-4", "zephyra-4.1"),
        ("zephyra-4.2", "zephyra-4.20"),
        ("zephyra-11b", "zephyra-1b"),
        ("zephyra-3-mini", "zephyra-3"),
        ("zephyra-3-flash", "zephyra-3-flash-lite"),
        ("zephyra-3-reasoning", "zephyra-3-non-reasoning"),
        ("zephyra-3:free", "zephyra-3"),
        ("zephyra-3", "zephyra-3 (free)"),
        ("zephyra-3", "zephyra-3-0709"),
        ("zephyra-3-preview", "zephyra-3"),
        ("zephyra-3-preview-05-06", "zephyra-3-preview"),
        ("eu/zephyra-3", "zephyra-3"),
        ("eu.anthropic.zephyra-3", "zephyra-3"),
        ("acme/zephyra-3", "Bolt: Zephyra 3"),
        ("deepseek/zephyra-0528", "zephyra"),
        ("zephyra-3-r-2024-08", "zephyra-3-r-2024-09"),
        ("zephyra-instruct", "zephyra"),
        ("模型甲", "模型乙"),
        ("***", "---"),
    ],
)
def test_near_misses_stay_apart(model_id: str, name: str) -> None:
    assert match(model_id, [name]).answer is None


@given(st.text(max_size=60))
def test_any_text_can_be_parsed_and_is_itself(text: str) -> None:
    assert parse(text).text == text
    assert match(text, [text]).answer == text


LOOK_ALIKES = dict(zip("aceiopsxy", "асеіорѕху", strict=True))  # noqa: RUF001  # Cyrillic
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
NAMES = ("swift-1", "swift-11", "swift-1.1", "swift-1-pro", "opal-35", "opal-3.5", "opal-3-5-sonnet", "sapphire-x")


@given(st.sampled_from(NAMES), st.data())
def test_a_letter_that_only_looks_the_same_names_no_model(name: str, data: st.DataObject) -> None:
    letter = data.draw(st.sampled_from(sorted(LOOK_ALIKES.keys() & set(name))))
    assert match(name.replace(letter, LOOK_ALIKES[letter]), NAMES).answer is None


@given(st.sampled_from(NAMES), st.data())
def test_an_invisible_character_never_leads_to_another_model(name: str, data: st.DataObject) -> None:
    place, character = data.draw(st.integers(0, len(name))), data.draw(st.sampled_from(INVISIBLE))
    assert match(name[:place] + character + name[place:], NAMES).answer in (None, name)
