"""How other dates of a page, and other pages of its shape, print the same things: marks, bounds, dates, badges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_pages.figures import read_cell
from ratecard_pages.names import read_names
from ratecard_pages.words import understand


@given(amount=st.decimals(min_value="0.01", max_value=999, places=2), mark=st.sampled_from("¹²³⁴⁹①③₁"))
def test_a_footnote_mark_is_no_digit_of_its_figure(amount: Decimal, mark: str) -> None:
    for text in (f"${amount}{mark}", f"{amount}{mark}", f"${amount} {mark} / MTok"):
        [figure] = read_cell(text).figures
        assert figure.amount == amount
        assert len(figure.marks) == 1 or text[0] != "$"


@pytest.mark.parametrize("text", ["Output (incl. thinking tokens)", "Output (includes reasoning)"])
def test_thinking_tokens_are_output(text: str) -> None:
    meaning = understand(text)
    assert (meaning.component, meaning.unknown) == ("output", "")


def test_a_footnote_mark_is_no_part_of_a_label() -> None:
    meaning = understand("Cached input²")
    assert (meaning.component, meaning.unknown) == ("cached_input", "")


@pytest.mark.parametrize("text", ["<$0.01", "~$2", ">$2", "≥ $2", "≈$2", "$2+", "$2 +", "± $2", "<= $2"])
def test_a_bound_or_a_guess_is_no_price(text: str) -> None:
    assert not read_cell(text).figures


@pytest.mark.parametrize("text", ["$2/M", "$2 / M", "$2/1M"])
def test_a_capital_m_after_a_slash_is_a_million(text: str) -> None:
    [figure] = read_cell(text).figures
    [unit] = understand(figure.words).units
    assert unit.count == 1_000_000


@pytest.mark.parametrize("text", ["$2/m", "$2 / Min", "$2/Month"])
def test_a_small_m_or_a_longer_word_is_not(text: str) -> None:
    [figure] = read_cell(text).figures
    assert all(unit.count == 1 for unit in understand(figure.words).units)


def test_a_band_before_its_figure_is_about_that_figure() -> None:
    first, second = read_cell("Prompts ≤200K tokens: $1.25 Prompts >200K tokens: $2.50").figures
    low, high = understand(first.words), understand(second.words)
    assert low.band is not None
    assert high.band is not None
    assert [low.band.above, high.band.above] == [0, 200_000]
    assert (low.unknown, high.unknown) == ("", "")


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("Flex inference", "flex"),
        ("Priority tier", "priority"),
        ("Flex API", "flex"),
        ("Batch (50% discount)", "batch"),
        ("Standard pricing", "standard"),
    ],
)
def test_a_tier_is_named_with_words_about_it(text: str, tier: str) -> None:
    meaning = understand(text)
    assert (meaning.tier, meaning.unknown) == (tier, "")


@pytest.mark.parametrize("text", ["Batch (half the price)", "Standard (us only)"])
def test_a_tier_with_a_remark_is_no_model(text: str) -> None:
    assert read_names((text,)).fault


@pytest.mark.parametrize("text", ["Nimbus 3 until 31 August 2026", "Nimbus 3 (until 31st Aug 2026)"])
def test_a_date_with_its_day_first_ends_a_price(text: str) -> None:
    read = read_names((text,))
    assert (read.names, read.effective_until) == (("Nimbus 3",), date(2026, 8, 31))


@pytest.mark.parametrize(
    "text", ["Nimbus 3 from September 1", "Nimbus 3 until Aug 31", "Nimbus 3 introductory price", "Nimbus 3 after May"]
)
def test_a_date_without_a_year_is_no_part_of_a_name(text: str) -> None:
    assert read_names((text,)).fault


@pytest.mark.parametrize(
    "text",
    ["Nimbus 3 New", "Nimbus 3 Deprecated", "Nimbus 3 [retired]", "Nimbus 3 Updated", "Nimbus 3 (EOL 2026-10-01)"],
)
def test_a_badge_behind_a_name_is_no_part_of_it(text: str) -> None:
    assert read_names((text,)).names == ("Nimbus 3",)


@pytest.mark.parametrize(
    ("pieces", "names"),
    [
        (("NIM-2", "NIM-2X"), ("NIM-2", "NIM-2X")),
        (("Nimbus 3", "Nimbus 2.5"), ("Nimbus 3", "Nimbus 2.5")),
        (("NIM-2 & NIM-2X",), ("NIM-2", "NIM-2X")),
        (("Nimbus 3", "our best model"), ("Nimbus 3 our best model",)),
    ],
)
def test_models_below_each_other_are_several(pieces: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert read_names(pieces).names == names
