"""The same made-up price list in shapes that no page at hand has: all of it is read, and never in another unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import pricing_pages as pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

Models = Sequence[pages.Priced]
Shape = Callable[[Models], str]
TABLES: Final = "columns+kinds+transposed"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return pages.html_table([head, *rows])


def under_the_names_of_both_tiers(models: Models) -> str:
    head = ["Acme models", *(f"Price per 1,000 {kind} tokens" for kind in ("input", "cached input", "output"))]
    rows = [[m.name, *(f"${price / 1000:f}" for price in (m.input, m.cached_input, m.output))] for m in models]
    return f"<h2>Acme</h2><h3>On-Demand and Batch pricing</h3>{table(head, rows)}"


def paid_by_the_token(models: Models) -> str:
    rows = "".join(
        f"<tr><td>{m.name}</td><td>7.143</td><td>${m.input}</td><td>${m.cached_input}</td><td>${m.output}</td></tr>"
        for m in models
    )
    return (
        "<h2>Pay-per-token pricing</h2><table><thead><tr><th rowspan=2>Model</th>"
        "<th>Pay-per-token (CU / 1M tokens)</th>"
        "<th colspan=3>Pay-per-token ($ / 1M tokens)</th></tr><tr><th>Input</th><th>Input</th><th>Cached input</th>"
        f"<th>Output</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def with_a_column_of_units(models: Models) -> str:
    kinds = [("Input", "input"), ("Cache hit", "cached_input"), ("Output", "output")]
    rows = [
        [m.name, label, "1K tokens", f"${getattr(m, component) / 1000:f}"] for m in models for label, component in kinds
    ]
    return table(["Model", "Type", "Unit", "Price"], rows)


def bare_with_a_column_of_units(models: Models) -> str:
    kinds = [("输入", "input"), ("命中缓存", "cached_input"), ("输出", "output")]
    rows = [
        [m.name, label, f"{getattr(m, component) / 1000:f}", "美元/千tokens"]
        for m in models
        for label, component in kinds
    ]
    return table(["模型名称", "子项", "在线推理", "单位"], rows)


def below_a_merged_cell_that_gives_the_unit(models: Models) -> str:
    rows = "".join(
        f"<tr><td>{m.name}</td><td>128K</td><td><div>${m.input}</div><div>${m.cached_input}</div><div>${m.output}</div></td></tr>"
        for m in models
    )
    over = "<tr><td colspan=3><div>Language models</div><div>Per million tokens</div></td></tr>"
    head = "<thead><tr><th>Model</th><th>Context</th><th>Input / Cached input / Output</th></tr></thead>"
    return f"<table>{head}<tbody>{over}{rows}</tbody></table>"


def beside_a_list_of_features(models: Models) -> str:
    rows = [
        ["Description", *("The one for this" for _ in models)],
        ["Input price (per 1M tokens)", *(f"${m.input}" for m in models)],
        ["Cached input price (per 1M tokens)", *(f"${m.cached_input}" for m in models)],
        ["Output price (per 1M tokens)", *(f"${m.output}" for m in models)],
    ]
    return f"<h1>Models overview</h1>{table(['Feature', *(m.name for m in models)], rows)}"


def on_cards_with_a_description(models: Models) -> str:
    def line(amount: Decimal, words: str) -> str:
        return f"<div><span>${amount}</span><span> / 1M {words} tokens</span></div>"

    made = (
        f"<div class=card><h3>{m.name}</h3><p>The most capable long-context model of its class. 256K context.</p>"
        f"{line(m.input, 'input')}{line(m.cached_input, 'cached input')}{line(m.output, 'output')}</div>"
        for m in models
    )
    return "".join(made)


def on_cards_with_the_unit_behind_bold_figures(models: Models) -> str:
    def line(label: str, amount: Decimal) -> str:
        return f"<li><span>{label}</span><span><b>${amount}</b> / 1M tokens</span></li>"

    made = (
        f"<div class=card><h3>{m.name}</h3><ul>{line('Input', m.input)}{line('Cached input', m.cached_input)}"
        f"{line('Output', m.output)}</ul></div>"
        for m in models
    )
    return "".join(made)


def in_rows_by_their_roles(models: Models) -> str:
    def row(role: str, cells: Sequence[str]) -> str:
        return f"<div role=row>{''.join(f'<div role={role}>{cell}</div>' for cell in cells)}</div>"

    head = row("columnheader", ["Model", "Speed", "Input", "Cached input", "Output"])
    body = "".join(
        row("cell", [m.name, "~900 tokens/s", *(f"${price}/M tokens" for price in (m.input, m.cached_input, m.output))])
        for m in models
    )
    return f"<div role=table><div role=rowgroup>{head}</div><div role=rowgroup>{body}</div></div>"


def in_a_list_of_terms_each(models: Models) -> str:
    def terms(m: pages.Priced) -> str:
        pairs = [("Context", "128K"), *((k, f"${a}") for k, a in kinds(m))]
        return "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in pairs)

    def kinds(m: pages.Priced) -> list[tuple[str, Decimal]]:
        labels = ("Input, 1M tokens", "Cached input, 1M tokens", "Output, 1M tokens")
        return list(zip(labels, (m.input, m.cached_input, m.output), strict=True))

    return "<h2>Prices</h2>" + "".join(f"<h3>{m.name}</h3><dl>{terms(m)}</dl>" for m in models)


def in_a_table_without_a_header_each(models: Models) -> str:
    def rows(m: pages.Priced) -> str:
        said = [("Input", m.input), ("Cached input", m.cached_input), ("Output", m.output)]
        return "".join(f"<tr><th>{kind}</th><td>${amount} per 1M tokens</td></tr>" for kind, amount in said)

    return "<h2>Prices</h2>" + "".join(f"<h3>{m.name}</h3><table>{rows(m)}</table>" for m in models)


SHAPES: Final[dict[str, tuple[Shape, str]]] = {
    "under the names of both tiers": (under_the_names_of_both_tiers, TABLES),
    "paid by the token": (paid_by_the_token, TABLES),
    "with a column of units": (with_a_column_of_units, TABLES),
    "bare, with a column of units": (bare_with_a_column_of_units, TABLES),
    "below a merged cell that gives the unit": (below_a_merged_cell_that_gives_the_unit, TABLES),
    "beside a list of features": (beside_a_list_of_features, TABLES),
    "in rows by their roles": (in_rows_by_their_roles, TABLES),
    "in a list of terms each": (in_a_list_of_terms_each, TABLES),
    "in a table without a header each": (in_a_table_without_a_header_each, TABLES),
    "on cards with a description": (on_cards_with_a_description, "cards"),
    "on cards with the unit behind bold figures": (on_cards_with_the_unit_behind_bold_figures, "cards"),
}


@given(models=pages.price_lists(), shape=st.sampled_from(sorted(SHAPES)))
@settings(max_examples=200)
def test_a_price_list_is_read_whole_in_shapes_of_other_providers(models: Models, shape: str) -> None:
    write, strategy = SHAPES[shape]
    reading = pages.read(f"<html><body>{write(models)}</body></html>", strategy)
    assert pages.rates(reading) == pages.expected(models)


def read(head: Sequence[str], *rows: Sequence[str], over: str = "") -> dict[tuple[str, str, int], dict[str, Decimal]]:
    return pages.rates(pages.read(f"<html><body>{over}{table(head, rows)}</body></html>", TABLES))


BANDS: Final = ["0 < Tokens ≤ 32K", "32K < Tokens ≤ 128K", "128K < Tokens ≤ 252K"]


@given(model=pages.price_lists(), column=st.sampled_from(["Input tokens per request", "Condition", "Range"]))
@settings(max_examples=30)
def test_a_column_of_prompt_lengths_gives_the_band_of_each_row(model: Models, column: str) -> None:
    (name, price), factors = (model[0].name, model[0].input), (1, 2, 3)
    head = ["Model", column, "Input price (per 1M tokens)", "Output price (per 1M tokens)"]
    found = read(
        head, *([name, band, f"${price * n}", f"${price * 4 * n}"] for band, n in zip(BANDS, factors, strict=True))
    )
    assert found == {
        (name, "standard", above): {"input": price * n, "output": price * 4 * n}
        for above, n in zip((0, 32_000, 128_000), factors, strict=True)
    }


def test_lengths_are_thousands_where_their_header_says_so() -> None:
    head = ["模型", "条件(千 tokens)", "输入(美元/百万 tokens)", "输出(美元/百万 tokens)"]
    found = read(head, ["Nimbus 4", "输入长度 [0, 32)", "$3", "$9"], ["Nimbus 4", "输入长度 [32, 200)", "$4", "$12"])
    assert sorted(above for _, _, above in found) == [0, 32_000]


@pytest.mark.parametrize("length", ["输入长度 [32, 200)", "(32, 128]", "32 < tokens ≤ 128", "Input length ≥ 2"])
def test_a_length_that_is_not_understood_refuses_its_row(length: str) -> None:
    head = ["Model", "Condition", "Input (per 1M tokens)", "Output (per 1M tokens)"]
    found = read(head, ["Nimbus 4", length, "$3", "$9"], ["Nimbus 5", "", "$3", "$9"])
    assert set(found) == {("Nimbus 5", "standard", 0)}


@pytest.mark.parametrize(
    ("label", "component"),
    [
        ("Price per 1M image tokens", "image_input"),
        ("Price per 1,000,000 audio tokens", "audio_input"),
        ("Price per million text tokens", "input"),
        ("$ / 1M tokens", "input"),
    ],
)
def test_tokens_of_a_modality_are_tokens_and_no_pieces_of_it(label: str, component: str) -> None:
    found = read(["Model", label], ["Nimbus Embed 4", "$0.47"])
    assert found == {("Nimbus Embed 4", "standard", 0): {component: Decimal("0.47")}}


@pytest.mark.parametrize("over", ["Multimodal embeddings", "Rerankers", "Embedding models", "向量模型"])
def test_what_reads_only_has_a_price_for_what_it_reads(over: str) -> None:
    found = read(["Model", "Price per 1M tokens"], ["Nimbus 4", "$0.12"], over=f"<h2>{over}</h2>")
    assert found == {("Nimbus 4", "standard", 0): {"input": Decimal("0.12")}}


def test_a_price_that_is_said_for_two_numbers_of_tokens_is_one() -> None:
    head = ["Model", "Price per 1K tokens", "Price per million tokens"]
    assert read(head, ["Nimbus Embed 4", "$0.00012", "$0.12"]) == {
        ("Nimbus Embed 4", "standard", 0): {"input": Decimal("0.12")}
    }
    assert read(head, ["Nimbus Embed 4", "$0.0012", "$0.12"]) == {}


@pytest.mark.parametrize("words", ["$ / audio minute (billed per second)", "$ / minute, billed by the second"])
def test_how_use_is_measured_is_no_unit(words: str) -> None:
    found = read(["Model", words], ["Nimbus Hear", "$0.0015"], over="<h3>Speech-to-text</h3>")
    assert found == {("Nimbus Hear", "standard", 0): {"audio_minute": Decimal("0.0015")}}


def test_image_output_that_is_priced_by_tokens_is_no_price_of_an_image() -> None:
    head = ["Model", "Type", "Price (/1M tokens)"]
    found = read(
        head, ["Nimbus 4", "Text output (response and reasoning)", "$12"], ["Nimbus 4", "Image output", "$120"]
    )
    assert found == {("Nimbus 4", "standard", 0): {"output": Decimal(12), "image_output": Decimal(120)}}


@pytest.mark.parametrize("mode", ["Non-thinking", "Non-thinking and thinking"])
def test_the_usual_mode_of_a_model_is_its_ordinary_price(mode: str) -> None:
    head = ["Model", "Mode", "Input (per 1M tokens)", "Output (per 1M tokens)"]
    assert set(read(head, ["Nimbus 4", mode, "$3", "$9"])) == {("Nimbus 4", "standard", 0)}


@pytest.mark.parametrize(
    "label",
    [
        "Cached input with savings of 90%",
        "Repeated context is much cheaper here",
        "Batch",
        "For batches only",
        "Until 30 June 2031",
        "Introductory pricing for the first month",
        "Launch offer of this week",
        "Starting at",
        "Compared with other models that cost",
        "For prompts longer than 200K tokens",
    ],
)
def test_words_on_a_card_that_may_make_a_price_another_refuse_one_that_says_itself_what_it_is(label: str) -> None:
    card = f"<div class=card><h3>Nimbus 4</h3><p>{label}</p><div>$3 / 1M input tokens</div></div>"
    reading = pages.read(f"<html><body>{card}</body></html>", "cards")
    ordinary = [row for row in reading.prices if (row.tier, row.above_tokens) == ("standard", 0)]
    assert not [row for row in ordinary if "input" in row.rates and row.effective_until is None]


@pytest.mark.parametrize(
    ("row", "tier"), [("<dt>Flavor</dt><dd>fast</dd>", "fast"), ("<dt>Processing</dt><dd>Batch API</dd>", None)]
)
def test_a_row_that_prices_nothing_says_which_tier_the_others_are(row: str, tier: str | None) -> None:
    terms = f"<dl>{row}<dt>Input</dt><dd>$3 / MTok</dd><dt>Output</dt><dd>$9 / MTok</dd></dl>"
    found = pages.read(f"<html><body><h2>Prices</h2><h3>Nimbus 4</h3>{terms}</body></html>", TABLES)
    assert {row.tier for row in found.prices} == ({tier} if tier else set())


def test_a_first_row_that_gives_a_unit_is_a_header() -> None:
    rows = "<tr><td>Token kind</td><td>Cost per 1K tokens</td></tr><tr><td>Input</td><td>$3</td></tr>"
    found = pages.read(f"<html><body><h2>Prices</h2><h3>Nimbus 4</h3><table>{rows}</table></body></html>", TABLES)
    assert found.prices == ()


@pytest.mark.parametrize(
    ("term", "text"),
    [("Commitment", "12 months"), ("Region", "EU only"), ("Status", "Coming soon"), ("Currency", "CAD")],
)
def test_a_row_that_may_make_the_prices_of_its_list_others_refuses_them(term: str, text: str) -> None:
    for rows in ((term, text), ("Input", "$3 / MTok")), (("Input", "$3 / MTok"), (term, text)):
        terms = "".join(f"<dt>{one}</dt><dd>{said}</dd>" for one, said in rows)
        found = pages.read(f"<html><body><h2>Prices</h2><h3>Nimbus 4</h3><dl>{terms}</dl></body></html>", TABLES)
        assert found.prices == ()


def test_a_row_with_a_date_says_from_when_the_prices_of_its_list_hold() -> None:
    terms = "<dt>Effective</dt><dd>from 1 March 2031</dd><dt>Input</dt><dd>$3 / MTok</dd>"
    [row] = pages.read(f"<html><body><h2>Prices</h2><h3>Nimbus 4</h3><dl>{terms}</dl></body></html>", TABLES).prices
    assert row.effective_from == date(2031, 3, 1)
