"""The parts that read words: figures, units, context bands, labels, names. An unknown word is never guessed at."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_pages.bands import Band, take_band, thresholds
from ratecard_pages.figures import read_cell
from ratecard_pages.names import folded, read_names
from ratecard_pages.units import Unit, take_units
from ratecard_pages.words import fold, understand


@given(amount=st.decimals(min_value="0.0001", max_value=9999, places=4), sign=st.sampled_from(["$", "US$", "¥", "€"]))
def test_a_printed_amount_is_read_to_its_last_digit(amount: Decimal, sign: str) -> None:
    [figure] = read_cell(f"{sign}{amount}").figures
    assert figure.amount == amount
    assert figure.printed == str(amount)


@given(text=st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    assert all(figure.amount.is_finite() for figure in read_cell(text).figures)
    understand(text)
    read_names((text,))
    take_units(fold(text))
    take_band(fold(text))


@pytest.mark.parametrize("text", ["-", "—", "N/A", "", "\\", "Not available", "Coming soon", "Contact sales", "暂无"])
def test_what_is_no_price_is_empty(text: str) -> None:
    assert read_cell(text).empty


@pytest.mark.parametrize("text", ["Free", "free of charge", "免费"])
def test_free_is_said_by_the_page(text: str) -> None:
    assert read_cell(text).free


@pytest.mark.parametrize("text", ["$1,25", "-$5", "$-5", "$0,006", "$1.250,00", "$1.2.3"])
def test_an_amount_that_is_none_is_a_fault(text: str) -> None:
    assert read_cell(text).fault


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("$1,250.50", [("1,250.50", "")]),
        ("$3 / MTok", [("3", "/ mtok")]),
        ("~~$4.20~~ $2.10", [("2.10", "")]),
        ("$0.03 / MTok (equivalent to approximately $0.0024/minute)", [("0.03", "/ mtok")]),
        ("$3.00 (audio), or $0.005/min (audio)", [("3.00", "(audio)")]),
        ("Input: $3 / MTok", [("3", "input: / mtok")]),
        (
            "$1.25, prompts <= 200k tokens $2.50, prompts > 200k tokens",
            [("1.25", "prompts <= 200k tokens"), ("2.50", "prompts > 200k tokens")],
        ),
        (
            "Input $0.35 (text), $2.10 (audio), Output: $1.50 (text)",
            [("0.35", "input (text)"), ("2.10", "input (audio)"), ("1.50", "output (text)")],
        ),
    ],
)
def test_every_figure_of_a_cell_gets_the_words_about_it(text: str, read: list[tuple[str, str]]) -> None:
    figures = read_cell(text).figures
    assert [(figure.printed, " ".join(figure.words.split())) for figure in figures] == read


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("per 1M tokens", "tokens", 1_000_000),
        ("/ MTok", "tokens", 1_000_000),
        ("$/1M", "tokens", 1_000_000),
        ("Price per 1,000 input tokens", "tokens", 1_000),
        ("1M INPUT TOKENS (CACHE HIT)", "tokens", 1_000_000),
        ("元/千 Token", "tokens", 1_000),
        ("百万 tokens", "tokens", 1_000_000),
        ("per token", "tokens", 1),
        ("/ 1,000,000 tokens per hour", "token hour", 1_000_000),
        ("per 1k characters", "characters", 1_000),
        ("单价 / 万字符", "characters", 10_000),
        ("/ minute", "minute", 1),
        ("per second", "second", 1),
        ("per image", "image", 1),
        ("/ 1k calls", "requests", 1_000),
        ("/ 1000 pages", "pages", 1_000),
    ],
)
def test_units_are_taken_from_the_words(text: str, kind: str, count: int) -> None:
    units, _ = take_units(fold(text))
    assert units == (Unit(kind=kind, count=Decimal(count)),)


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("prompts <= 200k tokens", Band(above=0, upto=200_000)),
        ("Prompts > 200K tokens", Band(above=200_000)),
        ("≤272K input tokens", Band(above=0, upto=272_000)),
        ("<272K context length", Band(above=0, upto=272_000)),
        ("32K<Token≤128K", Band(above=32_000, upto=128_000)),
        ("0 ≤ 输入长度 ＜ 32k", Band(above=0, upto=32_000)),
        ("输入长度（0, 512k]", Band(above=0, upto=512_000)),
        ("输入长度 512k+", Band(above=512_000)),
        ("256K~1M", Band(above=256_000, upto=1_000_000)),
        ("1M context", None),
        ("5 minutes", None),
        ("< 5 minutes", None),
    ],
)
def test_a_band_needs_a_comparison_and_a_size(text: str, band: Band | None) -> None:
    assert take_band(fold(text))[0] == band


def test_the_pages_thresholds_are_found_escaped_or_not() -> None:
    assert thresholds("&gt;272K input tokens, <272K context length") == {272_000}
    assert thresholds("> 200k input tokens and ≤ 128K input tokens") == {200_000, 128_000}


@pytest.mark.parametrize(
    ("label", "component", "modalities"),
    [
        ("Base Input Tokens", "input", set()),
        ("Cache Hits & Refreshes", "cached_input", set()),
        ("5m Cache Writes", "cache_write_5m", set()),
        ("1h Cache Writes", "cache_write_1h", set()),
        ("Cached input", "cached_input", set()),
        ("输入价格（缓存命中）", "cached_input", set()),
        ("输入价格（缓存未命中）", "input", set()),
        ("1M INPUT TOKENS (CACHE MISS)", "input", set()),
        ("Context caching price", "cached_input", set()),
        ("Context caching (storage)", "cache_storage_hour", set()),
        ("Output price (including thinking tokens)", "output", set()),
        ("Input price (text, image, video)", "input", {"text", "image", "video"}),
        ("Audio input", "input", {"audio"}),
        ("Batch output", "output", set()),
    ],
)
def test_labels_are_understood(label: str, component: str, modalities: set[str]) -> None:
    meaning = understand(label)
    assert not meaning.unknown
    assert meaning.component == component
    assert meaning.modalities == modalities


@pytest.mark.parametrize(
    "label", ["Reasoning tokens", "Citation tokens", "Grounding", "Input/Output/Cached", "Wattage"]
)
def test_labels_that_are_not_understood_say_so(label: str) -> None:
    assert understand(label).unknown


@pytest.mark.parametrize(
    ("label", "order"),
    [
        ("Input / Output (per MTok)", ("input", "output")),
        ("Output price / input price", ("output", "input")),
        ("Pricing [in / out per million tokens]", ("input", "output")),
        ("Pricing (Input / Cached input / Output)", ("input", "cached_input", "output")),
    ],
)
def test_a_label_may_list_its_prices_in_their_order(label: str, order: tuple[str, ...]) -> None:
    assert (understand(label).order, understand(label).unknown) == (order, "")


@pytest.mark.parametrize(
    "label", ["Text input / audio output", "Input / Input", "Input / Output ratio", "Cached, input / output"]
)
def test_a_list_that_says_more_is_none(label: str) -> None:
    meaning = understand(label)
    assert not meaning.order or meaning.unknown


@pytest.mark.parametrize("text", ["$2 in, $6 out", "$2 in / $6 out", "In: $2, Out: $6", "$2/M in and $6/M out"])
def test_in_and_out_are_short_where_a_cell_has_both(text: str) -> None:
    assert [understand(figure.words).component for figure in read_cell(text).figures] == ["input", "output"]


@pytest.mark.parametrize("text", ["$2 in", "$6 out", "$2 in USD"])
def test_one_of_them_alone_is_short_for_nothing(text: str) -> None:
    assert [understand(figure.words).component for figure in read_cell(text).figures] == [None]


def test_fine_tuning_is_recognised() -> None:
    assert understand("Training cost (/M tokens)").training


def test_a_provider_file_may_name_further_labels() -> None:
    assert understand("Wattage", {"Wattage": "output"}).component == "output"
    assert understand("Notes", {"notes": ""}).left_out


@pytest.mark.parametrize(
    ("pieces", "names"),
    [
        (("Nimbus 3 (deprecated)",), ("Nimbus 3",)),
        (("Nimbus 3 (retired, except on Acme Cloud)",), ("Nimbus 3",)),
        (("Nimbus 3 Instruct (70B)",), ("Nimbus 3 Instruct (70B)",)),
        (("Nimbus 3 / Nimbus 2.5",), ("Nimbus 3", "Nimbus 2.5")),
        (("nimbus-3", "us-east-1"), ("nimbus-3",)),
        (("nimbus-3", "nimbus-3-2026-01-05"), ("nimbus-3", "nimbus-3-2026-01-05")),
        (("Nimbus 3", "New"), ("Nimbus 3",)),
        (("Nimbus 3*",), ("Nimbus 3",)),
        (("Nimbus Slide/Poster Agent",), ("Nimbus Slide/Poster Agent",)),
    ],
)
def test_a_name_is_without_remarks(pieces: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert read_names(pieces).names == names


def test_what_stands_beside_a_name_is_kept_apart() -> None:
    until = read_names(("Nimbus 3", "through August 31, 2026"))
    assert (until.names, until.effective_until) == (("Nimbus 3",), date(2026, 8, 31))
    since = read_names(("Nimbus 3 starting September 1, 2026",))
    assert (since.names, since.effective_from) == (("Nimbus 3",), date(2026, 9, 1))
    base = read_names(("nimbus-3 (<272K context length)",))
    assert (base.names, base.band) == (("nimbus-3",), Band(above=0, upto=272_000))
    fast = read_names(("Nimbus 3 (w/ latency optimized inference)",))
    assert (fast.names, fast.tier) == (("Nimbus 3",), "latency-optimized")


@pytest.mark.parametrize(
    "name", ["", "All models", "Total", "$5", "12", "Nimb\ufffdus", "x" * 200, "Nimbus starting September, 2026"]
)
def test_what_names_no_model_is_a_fault(name: str) -> None:
    assert read_names((name,)).fault


def test_two_spellings_of_a_name_are_one() -> None:
    assert folded("GPT-Nimbus 3.5 (mini)") == folded("gpt nimbus-3.5 Mini")
    assert folded("Nimbus 3.5") != folded("Nimbus 35")
