"""A whole provider at once: names are shared only where that is honest, and it is fast."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_match import SURE, answer_pairs, match, match_all, one_spelling
from ratecard_match.name import parse
from ratecard_match.pairs import Pair

IDS = st.lists(
    st.builds(
        "-".join,
        st.tuples(
            st.sampled_from(["zephyra", "zephyrra", "quillon"]),
            st.sampled_from(["3", "3.1", "4"]),
            st.sampled_from(["mini", "pro", "latest", "0709", "2025-05-14"]),
        ),
    ),
    max_size=12,
)


def test_a_snapshot_and_its_alias_share_a_name() -> None:
    results = match_all(["zephyra-3", "zephyra-3-2025-05-14", "zephyra-3-latest"], ["Zephyra 3"])
    assert {result.answer for result in results.values()} == {"Zephyra 3"}


def test_a_weak_match_gives_way_to_the_owner_of_the_name() -> None:
    results = match_all(["zephyra-3", "zephyrra-3"], ["Zephyra 3"])
    assert results["zephyra-3"].answer == "Zephyra 3"
    assert results["zephyrra-3"].answer is None
    assert results["zephyrra-3"].refused[0].reason == "zephyra-3 has as good a claim to the name"


def test_two_weak_matches_of_one_name_are_none() -> None:
    results = match_all(["quillonn-3-zephyra", "quilllon-3-zephyra"], ["Quillon 3 Zephyra"])
    assert [result.answer for result in results.values()] == [None, None]


def test_two_dated_previews_do_not_share_the_price_of_one() -> None:
    results = match_all(["zephyra-preview-2025-05-14", "zephyra-preview-2025-09-01"], ["Zephyra Preview"])
    assert [result.answer for result in results.values()] == [None, None]


@given(IDS, IDS)
def test_names_are_shared_only_by_spellings_and_snapshots_of_one_model(ids: list[str], names: list[str]) -> None:
    results = match_all(ids, names)
    for model_id, result in results.items():
        sharing = {other for other in results if results[other].answer == result.answer != None}  # noqa: E711 - chained
        cores = {parse(other).core for other in sharing}
        assert len(cores) <= 1 or result.method in SURE
        assert result.answer is None or result.answer == match(model_id, names).answer


@given(IDS, IDS)
def test_the_order_of_ids_and_names_does_not_matter(ids: list[str], names: list[str]) -> None:
    results = match_all(ids, names)
    turned = match_all(ids[::-1], names[::-1])
    assert {one: result.answer for one, result in results.items()} == {one: turned[one].answer for one in results}


def test_spellings_of_one_name_are_one() -> None:
    spelling = one_spelling(["GPT-Z mini", "gpt-z-mini", "GPT-Z", "Zephyra 3 (free)", "Zephyra 3"])
    assert spelling["GPT-Z mini"] == spelling["gpt-z-mini"] == "gpt-z-mini"
    assert len(set(spelling.values())) == 4


def test_pairs_are_answered_in_their_order() -> None:
    pairs = [
        Pair(provider="acme", id="zephyra-max", candidates=("Grand",)),
        Pair(provider="acme", id="zephyra-3", candidates=("Zephyra 4",)),
    ]
    answers = answer_pairs(pairs, {"acme": {"zephyra-max": ("Grand",)}}).answers
    assert [(one.answer, one.method) for one in answers] == [("Grand", "alias"), (None, "none")]


@pytest.mark.slow
def test_two_thousand_ids_and_names_take_seconds() -> None:
    sizes = ["mini", "nano", "pro", "flash", "lite", "max", "turbo", "small", "large", "core"]
    ids = [
        f"family{'abcdefghij'[f]}-{v // 10 + 1}.{v % 10}-{size}" for f in range(10) for v in range(20) for size in sizes
    ]
    names = [model_id.replace("-", " ").title() for model_id in ids]
    before = time.process_time()
    results = match_all(ids, names)
    assert time.process_time() - before < 10
    assert all(result.answer == name for result, name in zip(results.values(), names, strict=True))


def test_of_very_many_names_each_id_still_finds_its_own_and_its_neighbours_are_told() -> None:
    ids = [f"nimbus-{number // 10}.{number % 10}-{size}" for number in range(400) for size in ("mini", "nano", "pro")]
    found = match_all(ids, ids)
    assert {name: result.answer for name, result in found.items()} == {name: name for name in ids}
    assert all(result.refused for result in found.values())
