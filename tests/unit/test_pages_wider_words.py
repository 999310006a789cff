"""Words of other providers' pages: lengths, units, modes, dates. What may make a price another one refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import pricing_pages as pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

Models = Sequence[pages.Priced]
TABLES: Final = "columns+kinds+transposed"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return pages.html_table([head, *rows])


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


PRICED: Final = ["Input ($/1M tokens)", "Output ($/1M tokens)"]
LOW: Final = {("Nimbus 4", "standard", 0): {"input": Decimal(3), "output": Decimal(9)}}


@pytest.mark.parametrize("header", ["Name", "Endpoint", "API name"])
def test_a_name_beside_prices_of_tokens_is_a_models(header: str) -> None:
    assert read([header, *PRICED], ["Nimbus 4", "$3", "$9"]) == LOW
    assert read([header, "Price per 1,000 calls"], ["Nimbus 4 search", "$3"]) == {}


@pytest.mark.parametrize("said", ["Per 1M tokens", "/ 1M tokens", "每百万 tokens"])
def test_a_paragraph_that_is_a_unit_is_that_of_the_table_below(said: str) -> None:
    assert read(["Model", "Input", "Output"], ["Nimbus 4", "$3", "$9"], over=f"<p>{said}</p>") == LOW


@pytest.mark.parametrize("said", ["1M tokens", "Per 1M tokens of context", "Per request", "Up to 1M tokens"])
def test_a_paragraph_that_is_more_or_no_price_is_none(said: str) -> None:
    assert read(["Model", "Input", "Output"], ["Nimbus 4", "$3", "$9"], over=f"<p>{said}</p>") == {}


def test_an_id_behind_the_name_that_it_begins_with_is_the_name() -> None:
    found = read(["Model", *PRICED], ["Nimbus 4 8B nimbus-4-8b-instant", "$3", "$9"], ["Nimbus 4 cirrus-2", "$3", "$9"])
    assert {name for name, _, _ in found} == {"nimbus-4-8b-instant", "Nimbus 4 cirrus-2"}


def test_a_column_of_dates_says_from_when_and_until_when() -> None:
    rows = table(
        ["Model", *PRICED, "Effective date", "Valid until"], [["Nimbus 4", "$3", "$9", "2031-09-01", "2031-12-31"]]
    )
    [row] = pages.read(f"<html><body>{rows}</body></html>", TABLES).prices
    assert (row.effective_from, row.effective_until) == (date(2031, 9, 1), date(2031, 12, 31))


def test_output_with_its_chain_of_thought_is_output() -> None:
    head = ["Model", "Input price (per 1M tokens)", "Output price CoT + response (per 1M tokens)"]
    assert read(head, ["Nimbus 4", "$3", "$9"]) == LOW


def test_a_row_of_prices_that_say_themselves_what_they_are_is_read_for_each_model() -> None:
    head = ["Feature", "Nimbus 4", "Nimbus 5"]
    says = [["Pricing", "$3 / input MTok, $9 / output MTok", "$3 / input MTok, $9 / output MTok"]]
    assert read(head, ["Latency", "Fast", "Moderate"], *says) == LOW | {
        ("Nimbus 5", "standard", 0): LOW["Nimbus 4", "standard", 0]
    }
    assert (
        read(head, ["Price", "$3 / MTok", "$9 / MTok"], ["Cost to train", "$3 / input MTok", "$9 / input MTok"]) == {}
    )
