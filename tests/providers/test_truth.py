"""The shipped provider files against real pages that were read off by hand: nothing wrong, and hardly anything missed.

The pages and their truths lie in `../shared/real`, which is no part of the project: where it is absent these tests are
skipped. Scoring is that of `../shared/tools/score.py`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ratecard_pages import PageReading, read_page
from ratecard_pages.report import report
from ratecard_providers.load import load_providers

SHARED: Final = Path(__file__).parents[2].parent / "shared"
REAL: Final = SHARED / "real"
SCORE: Final = SHARED / "tools" / "score.py"
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
MISSION: Final = ("openai", "anthropic", "google", "xai")
TRUTHS: Final = sorted(REAL.glob("*/pricing-page/*.truth.json"))
PAGES: Final = sorted(path for path in REAL.glob("*/pricing-page/*") if not path.name.endswith(".truth.json"))
needs_pages = pytest.mark.skipif(not TRUTHS, reason="../shared/real is not there")


def _read(page: Path, provider: str) -> PageReading:
    return read_page(page.read_bytes(), url=f"file:{page.name}", provider=load_providers()[provider], fetched_at=NOW)


def _scored(truth: Path, folder: Path) -> dict[str, Any]:
    page = truth.with_name(truth.name.removesuffix(".truth.json"))
    provider = json.loads(truth.read_text())["provider"]
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    printed = folder / "scraped.json"
    printed.write_text(json.dumps(report(_read(page, provider), load_providers()[provider], page.name, digest)))
    command = [sys.executable, str(SCORE), str(truth), str(printed), "--show"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    unknown = [line.removeprefix("unknown: ") for line in done.stderr.splitlines() if line.startswith("unknown: ")]
    return {**json.loads(done.stdout), "provider": provider, "unknown": unknown, "shown": done.stderr}


@needs_pages
@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name.removesuffix(".truth.json"))
def test_every_printed_price_is_true_and_nothing_is_priced_outside_the_truth(truth: Path, tmp_path: Path) -> None:
    score = _scored(truth, tmp_path)
    assert score["precision"] == 1, score["shown"]
    assert score["unknown"] == [], "names outside the truth: each needs a reason in the truth's out_of_scope"


@needs_pages
def test_hardly_a_true_price_is_missed(tmp_path: Path) -> None:
    right: dict[str, int] = defaultdict(int)
    true: dict[str, int] = defaultdict(int)
    for truth in TRUTHS:
        score = _scored(truth, tmp_path)
        if score["provider"] in MISSION:
            assert score["recall"] >= 0.95, f"{truth.name}: {score['shown']}"
        right[score["provider"]] += score["right"]
        true[score["provider"]] += score["true"]
    assert sum(right.values()) / sum(true.values()) >= 0.98


@needs_pages
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_real_page_gives_prices_with_evidence_or_a_named_refusal(page: Path) -> None:
    reading = _read(page, page.parts[-3])
    text = "".join(page.read_bytes().decode(errors="replace").replace("\0", "").split())
    assert reading.prices or reading.refused
    for row in reading.prices:
        assert row.evidence is not None
        assert row.evidence.text
        if reading.strategy in ("records", "arrays") or page.suffix == ".md":
            assert "".join(row.evidence.text.split()) in text
        for amount in row.rates.values():
            assert any(printed in row.evidence.text.replace(",", "") for printed in _as_printed(amount))


def _as_printed(amount: Decimal) -> Iterator[str]:
    """How a page may print an amount: as it is, per 1,000, per 10,000 characters, in a provider's own small unit."""
    if amount == 0:
        yield from ("0", "ree", "免费")
        return
    for scale in (1, Decimal("0.001"), Decimal("0.01"), 10_000, 10_000_000_000):
        plain = f"{(amount * scale).normalize():f}"
        yield from (plain, plain.removeprefix("0"))
        if "." in plain:
            yield plain + "0"
