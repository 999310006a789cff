"""What real pages do beside plain tables: panes, groups, bands, footnotes, struck prices, dates, regions."""

from __future__ import annotations

import html
import json
from datetime import date
from decimal import Decimal

import pricing_pages as pages
from msgspec.structs import replace

from ratecard_pages import PageReading, read_page
from ratecard_providers.pricing import Grid, Page, Pricing
from ratecard_providers.spec import Provider


def _rates(reading: PageReading) -> dict[tuple[str, str, int], dict[str, str]]:
    return {key: {c: f"{a.normalize():f}" for c, a in rates.items()} for key, rates in pages.rates(reading).items()}


def _read(body: str, **settings: object) -> PageReading:
    """Read with settings of the page, as a provider file gives them."""
    given = pages.provider("columns+kinds+bands+arrays").pricing
    assert given is not None
    page = replace(given.pages[0], **settings)
    return read_page(
        body.encode(),
        url=pages.URL,
        provider=Provider(id="acme", name="Acme", pricing=Pricing(pages=(page,))),
        fetched_at=pages.NOW,
    )


def test_two_header_rows_group_columns_by_context_band() -> None:
    page = (
        "<p>Prices per 1M tokens. Long context is > 272K input tokens.</p><table><thead>"
        '<tr><th></th><th colspan="2">Short context</th><th colspan="2">Long context</th></tr>'
        "<tr><th>Model</th><th>Input</th><th>Output</th><th>Input</th><th>Output</th></tr></thead>"
        "<tr><td>nimbus-3</td><td>$2</td><td>$8</td><td>$4</td><td>$12</td></tr>"
        "<tr><td>nimbus-2</td><td>$1</td><td>$4</td><td>-</td><td>-</td></tr></table>"
    )
    assert _rates(_read(page)) == {
        ("nimbus-3", "standard", 0): {"input": "2", "output": "8"},
        ("nimbus-3", "standard", 272_000): {"input": "4", "output": "12"},
        ("nimbus-2", "standard", 0): {"input": "1", "output": "4"},
    }
    unsaid = _read(page.replace("Long context is > 272K input tokens.", ""))
    assert set(_rates(unsaid)) == {("nimbus-3", "standard", 0), ("nimbus-2", "standard", 0)}
    assert any("does not say how many tokens" in refusal.reason for refusal in unsaid.refused)


def test_a_pane_gives_the_tier_of_its_table() -> None:
    models = [pages.Priced(name="Nimbus 3", input=Decimal(2), cached_input=Decimal(1), output=Decimal(8))]
    table = pages.html_columns(models)
    page = f'<div data-value="batch" hidden>{table}</div><div data-value="Flex">{table}</div>'
    assert set(_rates(_read(page))) == {("Nimbus 3", "batch", 0), ("Nimbus 3", "flex", 0)}


def test_a_pane_that_is_not_closed_is_not_believed() -> None:
    models = [pages.Priced(name="Nimbus 3", input=Decimal(2), cached_input=Decimal(1), output=Decimal(8))]
    table = pages.html_columns(models)
    page = f'<div data-value="batch">{table}<h2>More models</h2>{table.replace("Nimbus", "Cirrus")}'
    reading = _read(page)
    assert "Cirrus 3" not in {row.name for row in reading.prices}
    assert any("not closed" in refusal.reason for refusal in reading.refused)


def test_modalities_in_a_column_beside_a_merged_name_are_components_of_one_row() -> None:
    page = (
        "<p>Prices per 1M tokens unless noted.</p><table><tr><th>Model</th><th>Modality</th><th>Input</th>"
        '<th>Output / cost</th></tr><tr><td rowspan="2">nimbus-live</td><td>Audio</td><td>$32</td><td>$64</td></tr>'
        "<tr><td>Text</td><td>$4</td><td>$16</td></tr>"
        "<tr><td>nimbus-tts</td><td>Text</td><td>$15 / 1M characters</td><td>-</td></tr></table>"
    )
    reading = _read(page)
    assert _rates(reading) == {
        ("nimbus-live", "standard", 0): {"audio_input": "32", "audio_output": "64", "input": "4", "output": "16"},
        ("nimbus-tts", "standard", 0): {"characters": "15"},
    }
    [evidence] = [row.evidence.text for row in reading.prices if row.name == "nimbus-live" and row.evidence]
    assert "$32" in evidence
    assert "$16" in evidence


def test_an_estimate_counts_only_where_nothing_else_is_priced() -> None:
    page = (
        "<p>Prices per 1M tokens.</p><table><tr><th>Model</th><th>Input</th><th>Estimated cost</th></tr>"
        "<tr><td>nimbus-hear</td><td>$2.50</td><td>$0.006 / minute</td></tr>"
        "<tr><td>nimbus-listen</td><td>-</td><td>$0.017 / minute</td></tr></table>"
    )
    assert _rates(_read(page)) == {
        ("nimbus-hear", "standard", 0): {"input": "2.5"},
        ("nimbus-listen", "standard", 0): {"audio_minute": "0.017"},
    }


def test_fine_tuning_and_tools_price_no_model() -> None:
    tuned = pages.html_table([["Model", "Training", "Input"], ["nimbus-3", "$9", "$3"]])
    tools = f"<h2>Tools</h2>{pages.html_table([['Tool', 'Cost'], ['Search', '$10 / 1k calls']])}"
    reading = _read(f"<p>Prices per 1M tokens.</p>{tuned}{tools}")
    assert reading.prices == ()
    assert len(reading.refused) == 3  # the page and both tables


def test_a_separator_row_gives_the_unit_of_the_rows_after_it() -> None:
    page = (
        "<table><tr><th>Model</th><th>Context</th><th>Pricing</th></tr>"
        "<tr><td>Language models</td><td></td><td>Per million tokens</td></tr>"
        "<tr><td>nimbus-3</td><td>256,000</td><td><span>$0.20</span><span>$1.50</span></td></tr>"
        "<tr><td>Image models</td><td></td><td>Per image output</td></tr>"
        "<tr><td>nimbus-paint</td><td></td><td>$0.07</td></tr></table>"
    )
    assert _rates(_read(page, unlabelled=("input", "output"))) == {
        ("nimbus-3", "standard", 0): {"input": "0.2", "output": "1.5"},
        ("nimbus-paint", "standard", 0): {"image": "0.07"},
    }
    unnamed = _read(page)
    assert set(_rates(unnamed)) == {("nimbus-paint", "standard", 0)}


def test_bands_modalities_and_storage_in_one_cell() -> None:
    page = (
        "## Nimbus 3 Pro\n\n*`nimbus-3-pro`*\n\n### Batch\n\n"
        "|  | Free Tier | Paid Tier, per 1M tokens in USD |\n|---|---|---|\n"
        "| Input price | Not available | $1.00, prompts \\<= 200k tokens $2.00, prompts \\> 200k tokens |\n"
        "| Output price | Free of charge | $5.00 (text / image) $9.00 (audio) |\n"
        "| Context caching price | Not available | $0.10 $4.50 / 1,000,000 tokens per hour (storage price) |\n"
        "| Grounding with Acme Search | Not available | $35 / 1,000 requests |\n"
    )
    assert _rates(_read(page)) == {
        ("Nimbus 3 Pro", "batch", 0): {
            "input": "1",
            "output": "5",
            "audio_output": "9",
            "cached_input": "0.1",
            "cache_storage_hour": "4.5",
        },
        ("Nimbus 3 Pro", "batch", 200_000): {"input": "2"},
        ("Nimbus 3 Pro", "free", 0): {"output": "0"},
    }


def test_a_footnote_in_another_unit_refuses_and_one_that_repeats_the_figure_adds() -> None:
    page = (
        "## Nimbus 3 Paint\n\n*`nimbus-3-paint`*\n\n|  | Paid Tier, per 1M tokens in USD |\n|---|---|\n"
        "| Input price | $2.00 (text), $0.0011 (image)^\\*^ |\n| Output price | $0.039 per image^\\*\\*^ |\n\n"
        "^\\*^Image input is set at 560 tokens or $0.067 per image.\n\n"
        "^\\*\\*^Image output is priced at $30 per 1,000,000 tokens and is equivalent to $0.039 per image.\n"
    )
    assert _rates(_read(page)) == {
        ("Nimbus 3 Paint", "standard", 0): {"input": "2", "image": "0.039", "image_output": "30"}
    }


def test_a_heading_that_names_no_model_is_no_model() -> None:
    table = "|  | Paid Tier, per 1M tokens in USD |\n|---|---|\n| Input price | $2.00 |\n"
    reading = _read(f"## Enterprise\n\nFor large deployments.\n\n{table}")
    assert reading.prices == ()
    assert any("names no model" in refusal.reason for refusal in reading.refused)


def test_announced_and_ending_prices_carry_their_dates() -> None:
    page = (
        "| Model | Base Input Tokens | Output Tokens |\n|---|---|---|\n"
        "| Nimbus 5 [through August 31, 2026](/terms) | $2 / MTok | $10 / MTok |\n"
        "| Nimbus 5 starting September 1, 2026 | $3 / MTok | $15 / MTok |\n"
    )
    found = {(row.effective_from, row.effective_until): row.rates["input"] for row in _read(page).prices}
    assert found == {(None, date(2026, 8, 31)): 2, (date(2026, 9, 1), None): 3}


def test_long_context_columns_without_models_are_named_by_the_sentence_above_and_checked() -> None:
    page = (
        "| Model | Input | Output |\n|---|---|---|\n| Acme Nimbus 4 | $3 / MTok | $15 / MTok |\n"
        "| Acme Nimbus 4.5 | $5 / MTok | $15 / MTok |\n\n## Long context\n\n"
        "When using Nimbus 4 or Nimbus 4.5 beyond that:\n\n"
        "| ≤ 200K input tokens | > 200K input tokens |\n|---|---|\n| Input: $3 / MTok | Input: $6 / MTok |\n"
        "| Output: $15 / MTok | Output: $22.50 / MTok |\n"
    )
    above = {key: rates for key, rates in _rates(_read(page)).items() if key[2]}
    assert above == {("Acme Nimbus 4", "standard", 200_000): {"input": "6", "output": "22.5"}}


def test_struck_through_prices_are_not_read() -> None:
    page = (
        '<div class="grid"><div>模型</div><div>输入价格 百万 tokens</div></div><div class="grid"><div>nimbus-3</div>'
        '<div><span class="line-through">¥4.2</span><span>¥2.1</span></div></div>'
    )
    given = Pricing(currency="CNY", pages=(Page(url=pages.URL, strategies=("columns",), grid=Grid(row="div.grid")),))
    reading = read_page(
        page.encode(), url="x", provider=Provider(id="a", name="A"), fetched_at=pages.NOW, pricing=given
    )
    assert _rates(reading) == {("nimbus-3", "standard", 0): {"input": "2.1"}}


def test_regions_with_one_price_are_global_and_others_are_kept_apart() -> None:
    page = (
        "<p>Prices per 1M tokens in USD.</p><table><tr><th>Region</th><th>Model</th><th>Input</th></tr>"
        '<tr><td rowspan="2">East</td><td>nimbus-3</td><td>$2</td></tr><tr><td>nimbus-2</td><td>$1</td></tr>'
        '<tr><td rowspan="2">West</td><td>nimbus-3</td><td>$2</td></tr><tr><td>nimbus-2</td><td>$1.5</td></tr></table>'
    )
    found = sorted((row.name, row.region, row.rates["input"]) for row in _read(page).prices)
    assert found == [("nimbus-2", "East", 1), ("nimbus-2", "West", Decimal("1.5")), ("nimbus-3", "global", 2)]


def test_island_props_with_headings_and_groups() -> None:
    props = {
        "headings": [1, [[0, "Category"], [0, "Model"], [0, "Input"], [0, {"tip": [0, {"label": [0, "Output"]}]}]]],
        "groups": [1, [[0, {"model": [0, "Chat"], "rows": [1, [[1, [[0, "nimbus-3"], [0, 1.25], [0, 10]]]]]}]]],
    }
    attribute = html.escape(json.dumps(props, separators=(",", ":")))
    page = f'<html><p>Prices per 1M tokens.</p><astro-island props="{attribute}"></astro-island></html>'
    reading = _read(page)
    assert _rates(reading) == {("nimbus-3", "standard", 0): {"input": "1.25", "output": "10"}}
    assert reading.prices[0].evidence is not None
    assert reading.prices[0].evidence.text in page


def test_an_unexpected_currency_is_refused_by_name() -> None:
    page = f"<p>Prices per 1M tokens.</p>{pages.html_table([['Model', 'Input'], ['nimbus-3', '€2']])}"
    reading = _read(page)
    assert reading.prices == ()
    assert any("EUR, where USD is expected" in refusal.reason for refusal in reading.refused)


def test_a_price_that_is_a_rule_is_no_row() -> None:
    models = [pages.Priced(name="Nimbus 3", input=Decimal(2), cached_input=Decimal(1), output=Decimal(8))]
    page = pages.html_columns(models).replace("</body>", "<p>Save 50% with batch processing. Nice.</p></body>")
    reading = _read(page)
    assert [(rule.text, rule.factor) for rule in reading.rules] == [("Save 50% with batch processing.", Decimal("0.5"))]
    assert len(reading.prices) == 1


def test_an_off_peak_price_is_a_tier_and_the_peak_one_is_the_standard() -> None:
    rows = [
        ["Model (1)", "", "nimbus-chat"],
        ["Standard price (UTC 00:30-16:30)", "1M tokens input (cache miss)", "$0.27"],
        ["Discount price (UTC 16:30-00:30)", "1M tokens input (cache miss)", "$0.135 (50% off)"],
    ]
    page = pages.html_table(rows).replace("<th>Model (1)</th><th></th>", '<th colspan="2">Model (1)</th>')
    assert _rates(pages.read(page, "transposed")) == {
        ("nimbus-chat", "standard", 0): {"input": "0.27"},
        ("nimbus-chat", "off-peak", 0): {"input": "0.135"},
    }


def test_a_cell_with_words_that_are_not_understood_is_refused_whole() -> None:
    page = f"<p>Prices per 1M tokens.</p>{pages.html_table([['Model', 'Input'], ['nimbus-3', '$0.59 (blue $1)']])}"
    reading = _read(page)
    assert reading.prices == ()
    assert any("blue" in refusal.reason for refusal in reading.refused)


def test_the_id_below_a_display_name_names_the_model() -> None:
    table = pages.html_table([["Model ID", "Price per 1M tokens"], ["NAME", "$0.05 input $0.08 output"]])
    page = table.replace("NAME", "<div>Acme Nimbus 3</div><div>nimbus-3-instant</div>")
    assert _rates(_read(page)) == {("nimbus-3-instant", "standard", 0): {"input": "0.05", "output": "0.08"}}
