"""Real ids against real page names: never a wrong one, and nearly all of those that have an answer.

The pairs are read from `../shared`; no name of them is known to the matcher.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ratecard_match import Aliases, Pair, answer_pairs, match, match_all
from ratecard_providers.load import load_providers


def _documented() -> dict[str, Aliases]:
    return {provider.id: provider.documented_names for provider in load_providers().values()}


def _scored(shared: Path, aliases: Mapping[str, Aliases]) -> tuple[list[Any], float]:
    raw = (shared / "real" / "matching" / "pairs.json").read_bytes()
    expected = [pair["answer"] for pair in json.loads(raw)]
    answers = [one.answer for one in answer_pairs(msgspec.json.decode(raw, type=list[Pair]), aliases).answers]
    wrong = [pair for pair in zip(expected, answers, strict=True) if pair[1] is not None and pair[1] != pair[0]]
    found = sum(answer is not None for answer in answers) - len(wrong)
    return wrong, found / sum(name is not None for name in expected)


def test_no_pair_is_matched_wrongly_and_nearly_all_are_found(shared_folder: Path) -> None:
    wrong, recall = _scored(shared_folder, _documented())
    assert not wrong
    assert recall >= 0.97


def test_most_pairs_are_found_without_any_alias(shared_folder: Path) -> None:
    wrong, recall = _scored(shared_folder, {})
    assert not wrong
    assert recall >= 0.90


def test_no_id_of_a_reseller_gets_the_name_of_another(shared_folder: Path) -> None:
    path = shared_folder / "real" / "openrouter" / "model-list" / "openrouter_api-v1-models_2026-02.json"
    listed = json.loads(path.read_bytes())
    names = {model["id"]: model["name"] for model in listed["data"]}
    results = match_all(names, names.values(), provider="openrouter")
    assert [one for one in names if results[one].answer not in {None, names[one]}] == []
    assert sum(results[one].answer is not None for one in names) >= 0.85 * len(names)


@pytest.mark.parametrize("provider", load_providers().values(), ids=lambda provider: provider.id)
def test_an_alias_names_its_page_and_says_what_no_rule_derives(provider: Any) -> None:
    for alias in provider.aliases:
        assert alias.source.startswith("https://")
        derived = match(alias.id, [alias.name], provider=provider.id).answer
        # A page may also name an id by itself, so that no other name is taken for it.
        assert derived is None or alias.id == alias.name, f"{alias.id} needs no alias"
