"""The same made-up price list in shapes that no page at hand has: all of it is read, and never in another unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import pricing_pages as pages
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
