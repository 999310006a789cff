"""The ladder: which step answers, what it refuses, and that two candidates are no answer."""

from __future__ import annotations

import pytest

from ratecard_match import MatchResult, match


@pytest.mark.parametrize(
    ("model_id", "names", "answer", "method"),
    [
        ("zephyra-3", ["zephyra-3", "Zephyra 3"], "zephyra-3", "exact"),
        ("acme/zephyra-3", ["Zephyra 3", "Zephyra 3 mini"], "Zephyra 3", "normalised"),
        ("claude-quill-4-5-20250514", ["Quill 4.5", "Quill 4"], "Quill 4.5", "snapshot"),
        ("deepseek/deepseek-q1", ["DeepSeek: Q1", "DeepSeek: Q1 0528"], "DeepSeek: Q1", "brand"),
        ("zephyra-3-latest", ["Zephyra 3", "Zephyra 3 Pro"], "Zephyra 3", "snapshot"),
        ("zephyra-3-0709", ["Zephyra 3"], "Zephyra 3", "snapshot"),
        ("gemini-zephyra-001", ["Gemini Zephyra", "Gemini Zephyra 2"], "Gemini Zephyra", "snapshot"),
        ("llama-9-zephyra-17b-instruct", ["Llama 9 Zephyra 17B"], "Llama 9 Zephyra 17B", "instruct"),
        ("zephyra-large-2512", ["Zephyra Large 3 2512"], "Zephyra Large 3 2512", "release"),
        ("zephyra-large-3-2512", ["Zephyra Large 3"], "Zephyra Large 3", "snapshot"),
        ("zephyra-preview-09-2026", ["Zephyra Preview"], "Zephyra Preview", "snapshot"),
        ("vertex_ai/zephyra-3@default", ["Zephyra 3"], "Zephyra 3", "snapshot"),
        ("zephyra-deepsearch-3", ["Zephyra Deep Search 3"], "Zephyra Deep Search 3", "joined"),
        ("zephyrra-3-mini", ["Zephyra 3 Mini", "Zephyra 3"], "Zephyra 3 Mini", "fuzzy"),
    ],
)
def test_each_step_answers_its_kind(model_id: str, names: list[str], answer: str, method: str) -> None:
    result = match(model_id, names)
    assert (result.answer, result.method) == (answer, method)


@pytest.mark.parametrize(
    ("model_id", "names"),
    [
        ("zephyra-3-2025-05-14", ["Zephyra 3", "Zephyra 3 (2024-11-20)"]),
        ("zephyra-3.5-20241022", ["Zephyra 3.5", "Zephyra 3.5 v2"]),
        ("deepseek-q1-0528", ["DeepSeek Q1"]),
        ("zephyra-2512", ["Zephyra"]),
        ("magistral-latest", ["Magistral"]),
        ("1024-x-1024/zephyra-3", ["Zephyra 3"]),
        ("hd/zephyra-3", ["Zephyra 3"]),
        ("ft:zephyra-3", ["Zephyra 3"]),
        ("zephyra-3-001", ["Zephyra 3"]),
        ("llama-9-zephyra-17b-instruct", ["Llama 9 Zephyra 17B", "Llama 9 Zephyra 17B Thinking"]),
        ("zephyra-3-17b-instruct", ["Zephyra 3 17B"]),
        ("deepseek-coder", ["Coder"]),
        ("zephyra-3", ["Claude Zephyra 3"]),
    ],
)
def test_a_doubt_is_no_answer(model_id: str, names: list[str]) -> None:
    assert match(model_id, names).answer is None


def test_two_equal_candidates_are_ambiguous() -> None:
    result = match("acme/zephyra-3-2025-05-14", ["Zephyra 3", "zephyra_3"])
    assert (result.answer, result.method, result.score) == (None, "ambiguous", 0.0)
    assert {one.name for one in result.refused} == {"Zephyra 3", "zephyra_3"}


def test_a_documented_alias_leads_to_the_name_however_it_is_written() -> None:
    aliases = {"zephyra-max": ("Quillon 7 Grand",)}
    result = match("acme/zephyra-max", ["quillon-7-grand", "Zephyra"], aliases=aliases)
    assert (result.answer, result.method, result.score) == ("quillon-7-grand", "alias", 100.0)


def test_a_documented_alias_of_a_name_that_is_not_there_is_no_answer() -> None:
    assert match("zephyra-max", ["Quillon 6 Grand"], aliases={"zephyra-max": ("Quillon 7 Grand",)}).answer is None


def test_an_id_that_a_page_names_otherwise_is_no_snapshot_of_the_undated_name() -> None:
    aliases = {"zephyra-3-2025-05-14": ("zephyra-3-2025-05-14",)}
    assert match("zephyra-3-2025-05-14", ["Zephyra 3"]).method == "snapshot"
    assert match("zephyra-3-2025-05-14", ["Zephyra 3"], aliases=aliases).answer is None


def test_an_alias_holds_behind_any_path() -> None:
    aliases = {"acme/zephyra-max": ("Grand",)}
    assert match("router/acme/zephyra-max", ["Grand"], aliases=aliases).answer == "Grand"
    assert match("zephyra-max", ["Grand"], aliases=aliases).answer is None


def test_the_alias_of_a_moving_id_ends_when_the_page_names_another_version() -> None:
    aliases = {"zephyra-grand-latest": ("Zephyra Grand 4",), "zephyra-4-latest": ("Zephyra 4 June",)}
    assert match("zephyra-grand-latest", ["Zephyra Grand 4"], aliases=aliases).method == "alias"
    assert match("zephyra-grand-latest", ["Zephyra Grand 4", "Zephyra Grand 5"], aliases=aliases).answer is None
    assert match("zephyra-4-latest", ["Zephyra 4 June", "Zephyra 5 June"], aliases=aliases).method == "alias"


def test_a_provider_owns_names_that_say_a_job_only() -> None:
    assert match("mistral-ocr-4-1", ["OCR 4.1"], provider="mistral").answer == "OCR 4.1"
    assert match("mistral-ocr-4-1", ["OCR 4.1"]).answer is None


def test_refused_candidates_say_why() -> None:
    names = ["zephyra-3.1", "zephyra-3-mini", "zephyra-3-0709", "zephyra-3"]
    reasons = {one.name: one.reason for one in match("zephyra-3", names).refused}
    assert reasons == {
        "zephyra-3.1": "another version or size: 3.1, not 3",
        "zephyra-3-mini": "another word: mini, not none",
        "zephyra-3-0709": "another snapshot: 07-09, not undated",
    }


def test_nothing_to_match_with_is_no_answer() -> None:
    assert match("zephyra-3", []) == MatchResult()
