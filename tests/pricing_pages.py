"""Made-up pricing pages in the shapes of real ones: the same price list as a table, turned round, as cards, as data.

No model and no figure here exists. `render` gives the page; what it prices is the list itself.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
from hypothesis import strategies as st

from ratecard_pages import PageReading, read_page
from ratecard_providers.pricing import Arrays, Cards, Page, Pricing, Records
from ratecard_providers.spec import Provider

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL: Final = "https://example.invalid/pricing"


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up model: what it costs per million tokens."""

    name: str
    input: Decimal
    cached_input: Decimal
    output: Decimal


def usd(amount: Decimal) -> str:
    return f"${amount}"


def _columns(models: Sequence[Priced]) -> list[list[str]]:
    head = ["Model", "Input", "Cached input", "Output"]
    return [head, *([m.name, usd(m.input), usd(m.cached_input), usd(m.output)] for m in models)]


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """A HTML table whose first row is its head."""
    head, *body = [[html.escape(cell) for cell in row] for row in rows]
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in body]
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"
    )


def html_columns(models: Sequence[Priced]) -> str:
    return f"<html><body><h2>Text models</h2><p>Prices per 1M tokens.</p>{html_table(_columns(models))}</body></html>"


def html_two_headers(models: Sequence[Priced]) -> str:
    cells = "".join(
        f"<tr><td>{m.name}</td><td>{usd(m.input)}</td><td>{usd(m.cached_input)}</td><td>{usd(m.output)}</td></tr>"
        for m in models
    )
    return (
        '<html><body><p>Prices per 1M tokens.</p><table><thead><tr><th rowspan="2">Model</th>'
        '<th colspan="2">Input</th><th rowspan="2">Output</th></tr><tr><th></th><th>Cached</th></tr></thead>'
        f"<tbody>{cells}</tbody></table></body></html>"
    )


def markdown_columns(models: Sequence[Priced]) -> str:
    head, *body = _columns(models)
    lines = [f"| {' | '.join(cell.replace('$', chr(92) + '$') for cell in row)} |" for row in body]
    return "\n".join(
        ["# Pricing", "", "Prices per 1M tokens.", "", f"| {' | '.join(head)} |", "|---|---|---|---|", *lines, ""]
    )


def per_thousand(models: Sequence[Priced]) -> str:
    """The same prices per 1,000 tokens, as some pages give them."""
    head = (
        "| Acme models | Price per 1,000 input tokens | Price per 1,000 input tokens (cache read) "
        "| Price per 1,000 output tokens |"
    )
    lines = [f"| {m.name} | ${m.input / 1000:f} | ${m.cached_input / 1000:f} | ${m.output / 1000:f} |" for m in models]
    return "\n".join([head, "| --- | --- | --- | --- |", *lines, ""])


def transposed(models: Sequence[Priced]) -> str:
    rows = [
        ["Model", *(m.name for m in models)],
        ["Context length", *("128K" for _ in models)],
        ["1M input tokens (cache hit)", *(usd(m.cached_input) for m in models)],
        ["1M input tokens (cache miss)", *(usd(m.input) for m in models)],
        ["1M output tokens", *(usd(m.output) for m in models)],
    ]
    return f"<html><body>{html_table(rows)}</body></html>"


def kinds(models: Sequence[Priced]) -> str:
    """One table per model, with price kinds as rows."""
    parts = []
    for m in models:
        rows = [
            ["", "Free Tier", "Paid Tier, per 1M tokens in USD"],
            ["Input price", "Not available", usd(m.input)],
            ["Output price (including thinking tokens)", "Not available", usd(m.output)],
            ["Context caching price", "Not available", usd(m.cached_input)],
        ]
        parts.append(
            f"<h2>{m.name}</h2><p><code>{m.name.lower().replace(' ', '-')}</code></p>"
            f"<h3>Standard</h3>{html_table(rows)}"
        )
    return f"<html><body>{''.join(parts)}</body></html>"


def cards(models: Sequence[Priced]) -> str:
    def line(label: str, amount: Decimal) -> str:
        return f"<div><div>{label}</div><div><span>$</span><span>{amount}</span><span> / MTok</span></div></div>"

    made = (
        f'<div class="card"><h3>{m.name}</h3><p>A model for everything</p>'
        f"{line('Input', m.input)}{line('Output', m.output)}"
        f"<div><div>Prompt caching</div><div>{line('Read', m.cached_input)}</div></div></div>"
        for m in models
    )
    return f"<html><body>{''.join(made)}</body></html>"


def flight(models: Sequence[Priced]) -> str:
    """Next.js flight data: escaped JSON in a script, figures in ten-thousandths of a dollar."""
    found = [
        {
            "name": m.name,
            "promptPrice": str(int(m.input * 10_000)),
            "cachedPrice": str(int(m.cached_input * 10_000)),
            "completionPrice": str(int(m.output * 10_000)),
        }
        for m in models
    ]
    data = json.dumps("1a:" + json.dumps([{"models": found}]) + "\n")
    return f"<html><body><script>self.__next_f.push([1,{data}])</script></body></html>"


def island(models: Sequence[Priced]) -> str:
    """Astro island props: JSON with a kind in front of every value, escaped into an attribute."""
    rows = [[1, [[0, m.name], [0, float(m.input)], [0, float(m.cached_input)], [0, float(m.output)]]] for m in models]
    props = html.escape(json.dumps({"tier": [0, "standard"], "rows": [1, rows]}, separators=(",", ":")))
    island_ = f'<astro-island props="{props}"><div>…</div></astro-island>'
    return f"<html><body><p>Prices per 1M tokens.</p>{island_}</body></html>"


SHAPES: Final[dict[str, tuple[Callable[[Sequence[Priced]], str], str]]] = {
    "a HTML table": (html_columns, "columns"),
    "a table with two header rows": (html_two_headers, "columns"),
    "a markdown table": (markdown_columns, "columns"),
    "a table per 1,000 tokens": (per_thousand, "columns"),
    "a transposed table": (transposed, "transposed"),
    "a table per model": (kinds, "kinds"),
    "cards": (cards, "cards"),
    "flight data": (flight, "records"),
    "island props": (island, "arrays"),
}
"""Every shape: how it is written, and the strategy that reads it."""

_FLIGHT: Final = Records(
    where=("name", "promptPrice"),
    scale=Decimal("0.0001"),
    rates={"input": "promptPrice", "cached_input": "cachedPrice", "output": "completionPrice"},
)


def provider(*strategies: str) -> Provider:
    """A provider whose one page is read with these strategies, in this order."""
    page = Page(
        url=URL,
        strategies=strategies,
        cards=Cards(card=".card", name="h3"),
        arrays=Arrays(columns=(("model", "input", "cached_input", "output"),)),
        records=(_FLIGHT,),
    )
    return Provider(id="acme", name="Acme", pricing=Pricing(pages=(page,)))


def read(body: str | bytes, *strategies: str) -> PageReading:
    """Read a page with these strategies."""
    raw = body.encode() if isinstance(body, str) else body
    return read_page(raw, url=URL, provider=provider(*strategies), fetched_at=NOW)


def rates(reading: PageReading) -> dict[tuple[str, str, int], dict[str, Decimal]]:
    """What was read, by name, tier and band."""
    return {(row.name, row.tier, row.above_tokens): dict(row.rates) for row in reading.prices}


def expected(models: Sequence[Priced]) -> dict[tuple[str, str, int], dict[str, Decimal]]:
    """What a reading of a page of these models has to hold."""
    return {
        (m.name, "standard", 0): {"input": m.input, "cached_input": m.cached_input, "output": m.output} for m in models
    }


_STEMS: Final = ("Nimbus", "Cirrus", "Stratus", "Cumulus", "Zephyr")
_SIZES: Final = ("", " Mini", " Large", " Nano")


@st.composite
def price_lists(draw: st.DrawFn) -> list[Priced]:
    """One to six models with distinct names and prices that can be: cached below input, output not far above."""
    names = draw(
        st.lists(
            st.tuples(st.sampled_from(_STEMS), st.integers(1, 9), st.sampled_from(_SIZES)),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    return [draw(_priced(f"{stem} {version}{size}")) for stem, version, size in names]


@st.composite
def _priced(draw: st.DrawFn, name: str) -> Priced:
    base = Decimal(draw(st.integers(4, 4_000))) / 100
    return Priced(name=name, input=base, cached_input=base / 4, output=base * draw(st.integers(1, 8)))
