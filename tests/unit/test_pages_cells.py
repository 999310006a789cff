"""Cells with several figures: labels before them, labels behind them, and those of which nobody can tell."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import pricing_pages as pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

READERS: Final = "columns+kinds+transposed"


def of_cell(cell: str) -> dict[tuple[str, str], Decimal]:
    """What a cell of input prices says, by tier and component."""
    table = f"| Model | Input | Output |\n|---|---|---|\n| Nimbus 4 | {cell} | $20 |\n"
    found = pages.read(f"# Pricing\n\nPrices per 1M tokens.\n\n{table}", READERS).prices
    rates = {(row.tier, name): amount for row in found for name, amount in row.rates.items()}
    return {place: amount for place, amount in rates.items() if place != ("standard", "output")}


TEXT_AND_AUDIO: Final = {("standard", "input"): Decimal(3), ("standard", "audio_input"): Decimal(10)}
TWO_TIERS: Final = {("standard", "input"): Decimal(6), ("batch", "input"): Decimal(3)}


@pytest.mark.parametrize(
    "cell",
    [
        "$3 (text), $10 (audio)",
        "$10 audio; $3 text",
        "Text: $3, Audio: $10",
        "Text $3, Audio $10",
        "Audio $10, Text $3",
        "Audio $10 Text $3",
        "Text $3 / Audio $10",
        "audio $10 (text $3)",
        "$3, audio $10",
        "$3 [audio $10]",
        "Text $3, Audio $10 / 1M tokens",
    ],
)
def test_labels_may_stand_before_or_behind_their_figures(cell: str) -> None:
    assert of_cell(cell) == TEXT_AND_AUDIO


@pytest.mark.parametrize(
    "cell",
    [
        "standard $6, batch $3",
        "Batch $3, standard $6",
        "$6 (batch $3)",
        "$6 [batch $3]",
        "$6 / $3 (batch)",
        "$6, batch $3",
    ],
)
def test_tiers_may_stand_before_or_behind_their_figures(cell: str) -> None:
    assert of_cell(cell) == TWO_TIERS


@pytest.mark.parametrize(
    "cell",
    [
        "Audio $10 (text), $3",
        "Audio $10 / 1M tokens, text $3",
        "cached $1, $6",
        "$6, 50% off in batch",
        "$6 (batch 50% off)",
        "$6 [batch $8]",
        "$3 audio $10",
        "$3 / 1M tokens, audio $10 / 1K tokens",
    ],
)
def test_a_cell_of_which_nobody_can_tell_is_refused(cell: str) -> None:
    assert of_cell(cell) == {}


def test_a_dearer_tier_may_stand_before_its_figure() -> None:
    for cell in ("$6, priority $12", "$6 (priority $12)", "$6; priority: $12", "$6 / $12 priority"):
        assert of_cell(cell) == {("standard", "input"): Decimal(6), ("priority", "input"): Decimal(12)}


def test_several_labels_before_their_figures_are_told_apart() -> None:
    assert of_cell("input $6, cached $1") == {
        ("standard", "input"): Decimal(6),
        ("standard", "cached_input"): Decimal(1),
    }
    found = of_cell("5m cache write $7, 1h cache write $12")
    assert found == {("standard", "cache_write_5m"): Decimal(7), ("standard", "cache_write_1h"): Decimal(12)}


LABELS: Final = {
    "text": ("standard", "input"),
    "Audio": ("standard", "audio_input"),
    "images": ("standard", "image_input"),
    "cached": ("standard", "cached_input"),
    "Batch API": ("batch", "input"),
    "priority": ("priority", "input"),
}
WRITTEN: Final = (
    "{label} {amount}",
    "{amount} {label}",
    "{label}: {amount}",
    "{amount} ({label})",
    "({label} {amount})",
)
SEPARATORS: Final = (", ", "; ", " / ", " ", " and ", " - ", "<br>")


@settings(max_examples=400)
@given(
    labels=st.lists(st.sampled_from(list(LABELS)), min_size=2, max_size=3, unique_by=LABELS.__getitem__),
    amounts=st.lists(st.integers(1, 9), min_size=3, max_size=3, unique=True),
    written=st.sampled_from(WRITTEN),
    bare=st.booleans(),
    separator=st.sampled_from(SEPARATORS),
    unit=st.sampled_from(["", " / 1M tokens"]),
)
def test_however_a_cell_is_written_no_figure_gets_the_label_of_another(
    labels: list[str], amounts: list[int], written: str, *, bare: bool, separator: str, unit: str
) -> None:
    places = [LABELS[label] for label in labels]
    parts = [
        written.format(label=label, amount=f"${amount}{unit}") for label, amount in zip(labels, amounts, strict=False)
    ]
    if bare:
        parts[0], places[0] = f"${amounts[0]}{unit}", ("standard", "input")
    said = {place: Decimal(amount) for place, amount in zip(places, amounts, strict=False)}
    if len(said) == len(places):
        assert of_cell(separator.join(parts)).items() <= said.items()
