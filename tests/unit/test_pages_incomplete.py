"""A page that is cut off or broken gives the prices that it shows, and says that it may lack others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pricing_pages as pages
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli.simulated import openai
from ratecard_cli.simulated.catalogue import catalogues
from ratecard_pages import PageReading, read_page
from ratecard_providers.load import load_providers

REAL: Final = Path(__file__).parents[2].parent / "shared" / "real"
WHOLE: Final = sorted(
    path for path in REAL.glob("*/pricing-page/*") if path.parts[-3] in load_providers() and path.suffix != ".json"
)
PRICED: Final = openai.pricing(catalogues()["openai"].at("before")).encode()
HEAD: Final = "<tr><th>Model</th><th>Input</th><th>Output</th></tr>"
ROWS: Final = tuple(f"<tr><td>nimbus-{n}</td><td>${n} / MTok</td><td>${n + 1} / MTok</td></tr>" for n in (1, 2, 3))
PAGE: Final = f"<!doctype html>\n<html><body><table>{HEAD}{''.join(ROWS)}</table></body></html>\n"


def read(body: bytes, provider: str = "openai") -> PageReading:
    return read_page(body, url="file:page", provider=load_providers()[provider], fetched_at=pages.NOW)


@given(st.integers(0, len(PRICED.rstrip()) - 1))
def test_a_page_that_is_cut_anywhere_is_never_whole(end: int) -> None:
    reading = read(PRICED[:end])
    assert reading.prices == () or reading.incomplete is not None


def test_half_a_page_gives_what_it_shows() -> None:
    reading = read(PRICED[: len(PRICED) // 2])
    assert reading.prices
    assert reading.incomplete is not None
    assert "</html>" in reading.incomplete


@pytest.mark.parametrize("behind", ["", "\n<!-- made at noon -->", "<script>count()</script>\n", "made at noon"])
def test_a_whole_page_is_complete_whatever_stands_behind_its_end(behind: str) -> None:
    reading = pages.read(PAGE + behind, "columns")
    assert (len(reading.prices), reading.incomplete) == (3, None)


def test_an_end_within_a_script_is_not_the_end() -> None:
    script = f"<script>frame = '</html>'; {'count();' * 1000}</script>"
    reading = pages.read(PAGE.replace("<table>", script + "<table>").removesuffix("</body></html>\n"), "columns")
    assert (len(reading.prices), reading.incomplete is None) == (3, False)


@given(st.integers(0, 2), st.integers(1, 2))
def test_a_row_that_lacks_cells_makes_its_page_incomplete(row: int, left: int) -> None:
    torn = "</td>".join(ROWS[row].split("</td>")[:left]) + "</td></tr>"
    reading = pages.read(PAGE.replace(ROWS[row], torn), "columns")
    assert len(reading.prices) == 2
    assert reading.incomplete is not None
    assert "where the header has 3" in reading.incomplete


def test_words_that_are_not_understood_leave_a_page_complete() -> None:
    reading = pages.read(PAGE.replace("$2 / MTok", "$2 per gadget"), "columns")
    assert reading.refused
    assert reading.incomplete is None


@pytest.mark.skipif(not WHOLE, reason="../shared/real is not there")
@pytest.mark.parametrize("page", WHOLE, ids=lambda path: path.name)
def test_no_ordinary_page_is_incomplete_for_ever(page: Path) -> None:
    assert read(page.read_bytes(), page.parts[-3]).incomplete is None
