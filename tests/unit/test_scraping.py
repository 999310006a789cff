"""Scraping against a server on loopback: what is said of a provider's pages, and what an administrator is told."""

from __future__ import annotations

import hashlib
import itertools
import zlib
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_server import FakeTime, Reply, ScriptedServer, scripted_server
from yarl import URL

from ratecard_pages import read_page
from ratecard_providers.load import load_providers, with_addresses
from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Expectations, Provider
from ratecard_scraper.blocking import challenge_in
from ratecard_scraper.evidence import PART_BYTES, page_bytes
from ratecard_scraper.fetch import Fetcher, Manners
from ratecard_scraper.handlers import scrape
from ratecard_scraper.readings import Readings, ReadPage
from ratecard_shared.chunks import CHUNK_BYTES, assemble
from ratecard_shared.codec import encode
from ratecard_shared.events import AlertRaised, PricingScraped, SideOutcome, SyncStarted
from ratecard_shared.http import open_client
from ratecard_shared.prices import Evidence, PriceRow, Refusal, Rule

GOOD = b"acme-1 1.50\nacme-2 2.50\nrule batch is half\n"
STRANGE = b"soon there will be prices\n"


class LinesRead(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader of these tests says: a line of name and figure is a price."""

    strategy: str | None
    prices: tuple[PriceRow, ...]
    refused: tuple[Refusal, ...] = ()
    rules: tuple[Rule, ...] = ()
    incomplete: str | None = None


class LineReader:
    """Reads lines, counts how often, and falls over a page that says so."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(
        self, body: bytes, *, url: str, provider: Provider, fetched_at: datetime, pricing: Pricing | None = None
    ) -> LinesRead:
        self.times += 1
        if b"fall over" in body:
            raise ZeroDivisionError("over")
        assert provider.pricing == pricing
        lines = [line.split() for line in body.decode().splitlines()]
        evidence = Evidence(
            url=url, fetched_at=fetched_at, sha256=hashlib.sha256(body).hexdigest(), strategy="lines", text=""
        )
        prices = tuple(
            PriceRow(
                name=line[0],
                rates={"input": Decimal(line[1])},
                evidence=msgspec.structs.replace(evidence, text=" ".join(line)),
            )
            for line in lines
            if len(line) == 2
        )
        rules = tuple(Rule(text=" ".join(line[1:])) for line in lines if line[0] == "rule")
        refused = () if prices else (Refusal(text=body.decode()[:20], reason="no line has a figure"),)
        incomplete = "it is cut" if b"... and so on" in body else None
        strategy = "lines" if prices else None
        return LinesRead(strategy=strategy, prices=prices, refused=refused, rules=rules, incomplete=incomplete)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


def acme(server: ScriptedServer, *paths: str, fewest_prices: int = 1) -> Provider:
    pages = tuple(Page(url=server.url + path, strategies=("lines",)) for path in paths)
    return Provider(
        id="acme", name="Acme", pricing=Pricing(pages=pages), expect=Expectations(fewest_prices=fewest_prices)
    )


async def scraped(
    provider: Provider | None,
    time: FakeTime,
    *,
    times: int = 1,
    reader: ReadPage | None = None,
    **started: Any,
) -> tuple[PricingScraped, tuple[AlertRaised, ...]]:
    """Return the whole of what scraping says, the last time if there are several."""
    ids = map(str, itertools.count())
    readings = Readings(reader or LineReader())
    async with open_client() as client:
        fetcher = Fetcher(client, Manners(allow_private=True, timeout=30), now=time.now, sleep=time.sleep)
        for _ in range(times):
            event = SyncStarted(
                event_id="e1",
                sync_id="s1",
                occurred_at=time.now(),
                provider=provider.id if provider else "acme",
                deadline=time.deadline(),
                **started,
            )
            parts, alerts = await scrape(
                event,
                provider=provider,
                fetcher=fetcher,
                readings=readings,
                now=time.now,
                new_id=lambda: next(ids),
            )
    assert all(len(encode(part)) <= CHUNK_BYTES for part in parts)
    whole = assemble(parts)
    assert whole is not None
    return whole, alerts


CHALLENGES = [
    b"<html><head><title>Just a moment...</title></head><body>" + b"<!-- x -->" * 2000 + b"</body></html>",
    b"<html><head><title>Attention Required! | Cloudflare</title></head></html>",
    b"<html><script>window._cf_chl_opt = {};</script></html>",
    b"<html><body>Please verify you are a human <div class='g-recaptcha'></div></body></html>",
    b"<html><body><p>Access denied. Unusual traffic was seen.</p></body></html>",
    b"<html><script src='https://ct.captcha-delivery.com/c.js'></script></html>",
    b"<html><div id='px-captcha'></div></html>",
]
blocks = st.one_of(
    st.sampled_from([403, 429]).map(lambda status: Reply(status=status, body=b"no")),
    st.tuples(st.sampled_from([200, 403, 503]), st.sampled_from(CHALLENGES)).map(
        lambda both: Reply(status=both[0], body=both[1])
    ),
    st.just(Reply(status=503, headers={"cf-mitigated": "challenge"}, body=b"wait")),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # the log is cleared each time
@given(blocks, st.integers(0, 2))
async def test_property_34_a_block_is_logged_and_alerted(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture, block: Reply, others: int
) -> None:
    time = server.reset()
    caplog.clear()
    server.answers("/blocked", block)
    server.answers("/good", Reply(body=GOOD))
    said, alerts = await scraped(acme(server, "/blocked", *["/good"] * others), time)
    assert [(alert.kind, alert.provider, alert.sync_id) for alert in alerts] == [("scraping.blocked", "acme", "s1")]
    assert alerts[0].details["url"] == f"{server.url}/blocked"
    assert alerts[0].action
    assert "keeps us out" in caplog.text
    assert "keeps us out" in (said.error or "")
    assert said.outcome is (SideOutcome.COMPLETE if others else SideOutcome.FAILED)
    assert len(said.prices) == 2 * others


words = st.sampled_from(["Fruit", "Shelf", "Grower", "Season", "apple", "pear", "north", "spring", "fresh", ""])
cells = words | st.decimals(0, 99, places=2).map("${}".format)


@st.composite
def other_pages(draw: st.DrawFn) -> bytes:
    """Draw a page with a table that is no price list of models: no column says what its figures are."""
    width = draw(st.integers(2, 5))
    head = "".join(f"<th>{word}</th>" for word in draw(st.lists(words, min_size=width, max_size=width)))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><h1>Market</h1><table><tr>{head}</tr>{body}</table></body></html>".encode()


@settings(deadline=None)
@given(st.sampled_from(["openai", "anthropic", "google", "xai"]), other_pages())
async def test_property_10_a_page_of_another_form_is_detected_and_alerted(
    server: ScriptedServer, provider: str, body: bytes
) -> None:
    time = server.reset()
    described = load_providers()[provider]
    assert described.pricing is not None
    origins = {str(URL(page.url).origin()) for page in described.pricing.pages}
    for page in described.pricing.pages:
        server.answers(URL(page.url).path, Reply(body=body))
    said, alerts = await scraped(with_addresses(described, dict.fromkeys(origins, server.url)), time, reader=read_page)
    assert (said.outcome, said.prices) == (SideOutcome.FAILED, ())
    assert len(said.refused) >= len(said.pages) == len(alerts)
    assert {alert.kind for alert in alerts} == {"scraping.structure"}
    assert all(alert.provider == provider and alert.action for alert in alerts)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body><h1>Prices</h1>Acme 1: $3 per million tokens. This form uses reCAPTCHA.</body></html>",
        b"<html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script><p>Prices in JSON</p></html>",
        b"<html><body>" + b"All about captcha solving models and what they cost you. " * 50 + b"</body></html>",
        GOOD,
        b"",
    ],
)
def test_a_page_with_content_is_no_challenge(body: bytes) -> None:
    assert challenge_in(body) is None


async def test_a_good_page_is_said_with_its_evidence(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/good", Reply(body=GOOD))
    said, alerts = await scraped(acme(server, "/good", fewest_prices=2), time)
    assert (said.outcome, said.error, alerts) == (SideOutcome.COMPLETE, None, ())
    assert [(row.name, row.rates) for row in said.prices] == [
        ("acme-1", {"input": Decimal("1.50")}),
        ("acme-2", {"input": Decimal("2.50")}),
    ]
    (page,) = said.pages
    assert (page.url, page.strategy, page.rows, page.error) == (f"{server.url}/good", "lines", 2, None)
    assert page.sha256 == hashlib.sha256(GOOD).hexdigest() == said.bodies[0].sha256
    assert zlib.decompress(said.bodies[0].data) == GOOD
    assert [rule.text for rule in said.rules] == ["batch is half"]


async def test_a_page_that_changed_its_form_is_alerted_and_costs_only_itself(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/good", Reply(body=GOOD))
    server.answers("/strange", Reply(body=STRANGE))
    server.answers("/bad", Reply(body=b"fall over"))
    said, alerts = await scraped(acme(server, "/strange", "/bad", "/good", "/absent"), time)
    assert said.outcome is SideOutcome.COMPLETE
    assert len(said.prices) == 2
    assert [bool(page.error) for page in said.pages] == [True, True, False, True]
    assert "no line has a figure" in (said.error or "")
    assert {alert.kind for alert in alerts} == {"scraping.structure"}
    assert {alert.details["url"] for alert in alerts} == {f"{server.url}/strange", f"{server.url}/bad"}
    assert [refusal.reason for refusal in said.refused] == ["no line has a figure"]


async def test_a_page_that_is_cut_is_alerted_and_ends_no_price(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/cut", Reply(body=GOOD + b"... and so on\n"))
    server.answers("/good", Reply(body=GOOD))
    said, alerts = await scraped(acme(server, "/cut", "/good"), time)
    assert (said.outcome, said.error, len(said.prices)) == (SideOutcome.COMPLETE, None, 4)
    assert [(page.error, page.well_read) for page in said.pages] == [(None, False), (None, True)]
    assert [(alert.kind, alert.details["url"]) for alert in alerts] == [("scraping.structure", f"{server.url}/cut")]


async def test_a_list_too_short_to_be_whole_is_not_said(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/good", Reply(body=GOOD))
    said, alerts = await scraped(acme(server, "/good", fewest_prices=3), time)
    assert (said.outcome, said.prices) == (SideOutcome.FAILED, ())
    assert "at least 3 are expected" in (said.error or "")
    assert [alert.kind for alert in alerts] == ["scraping.structure"]
    assert said.bodies  # what was seen is kept for whoever looks into it


async def test_a_list_is_as_short_where_another_page_cannot_be_read(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/good", Reply(body=GOOD))
    said, alerts = await scraped(acme(server, "/absent", "/good", fewest_prices=3), time)
    assert (said.outcome, said.prices) == (SideOutcome.FAILED, ())
    assert [alert.kind for alert in alerts] == ["scraping.structure"]


async def test_an_unchanged_page_is_read_once(server: ScriptedServer) -> None:
    time, reader = server.reset(), LineReader()
    server.answers("/good", Reply(body=GOOD, headers={"ETag": "1"}), Reply(status=304))
    said, _ = await scraped(acme(server, "/good"), time, times=3, reader=reader)
    assert len(said.prices) == 2
    assert reader.times == 1
    assert said.pages[0].fetched_at > said.prices[0].evidence.fetched_at  # type: ignore[union-attr]  # all have it


@pytest.mark.parametrize(("main", "asked"), [(Reply(body=GOOD), 0), (Reply(body=STRANGE), 1), (Reply(status=404), 1)])
async def test_a_spare_page_is_fetched_where_the_others_gave_nothing(
    server: ScriptedServer, main: Reply, asked: int
) -> None:
    time = server.reset()
    server.answers("/main", main)
    server.answers("/spare", Reply(body=GOOD))
    pages = (
        Page(url=f"{server.url}/main", strategies=("lines",)),
        Page(url=f"{server.url}/spare", strategies=("lines",), spare=True),
        Page(url=f"{server.url}/spare", strategies=("lines",), spare=True),
    )
    said, _ = await scraped(Provider(id="acme", name="Acme", pricing=Pricing(pages=pages)), time)
    assert (said.outcome, len(said.prices)) == (SideOutcome.COMPLETE, 2)
    assert len(server.asked_for("/spare")) == asked


async def test_a_disallowed_page_is_skipped_with_the_reason(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /"))
    said, alerts = await scraped(acme(server, "/good"), time)
    assert said.outcome is SideOutcome.FAILED
    assert "robots.txt" in (said.error or "")
    assert alerts == ()


async def test_what_is_switched_off_or_not_described_is_said_at_once(server: ScriptedServer) -> None:
    time = server.reset()
    off, _ = await scraped(acme(server, "/good"), time, scraping=False)
    assert (off.outcome, "ENABLE_PRICING_SCRAPING" in (off.error or "")) == (SideOutcome.DISABLED, True)
    without, _ = await scraped(Provider(id="acme", name="Acme"), time)
    assert without.outcome is SideOutcome.DISABLED
    unknown, _ = await scraped(None, time)
    assert (unknown.outcome, "'acme'" in (unknown.error or "")) == (SideOutcome.FAILED, True)
    assert server.asked == []


async def test_a_stored_configuration_overrides_the_file(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/stored", Reply(body=GOOD))
    config = {"pages": [{"url": f"{server.url}/stored", "strategies": ["lines"]}]}
    said, _ = await scraped(acme(server, "/good"), time, scraping_config=config)
    assert said.outcome is SideOutcome.COMPLETE
    assert server.asked_for("/stored")
    assert not server.asked_for("/good")
    wrong, _ = await scraped(acme(server, "/good"), time, scraping_config={"selectors": {}})
    assert wrong.outcome is SideOutcome.FAILED
    assert "stored scraping configuration" in (wrong.error or "")


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=2000), st.integers(1, 400))
def test_evidence_comes_together_again(body: bytes, times: int) -> None:
    long = body * times
    parts = page_bytes(long, "0" * 64)
    assert zlib.decompress(b"".join(part.data for part in parts)) == long
    assert [(part.index, part.total) for part in parts] == [(index, len(parts)) for index in range(len(parts))]


async def test_a_row_that_no_record_can_hold_is_said(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/good", Reply(body=b"x" * CHUNK_BYTES + b" 1.50\n"))
    said, _ = await scraped(acme(server, "/good"), time)
    assert (said.outcome, said.prices) == (SideOutcome.FAILED, ())
    assert "one of prices takes" in (said.error or "")


async def test_a_page_longer_than_a_record_goes_out_in_chunks(server: ScriptedServer) -> None:
    time = server.reset()
    noise = b"".join(
        hashlib.sha256(bytes([a, b])).hexdigest().encode() + b" 1 2\n" for a in range(200) for b in range(99)
    )
    server.answers("/long", Reply(body=GOOD + noise))
    said, _ = await scraped(acme(server, "/long"), time)
    assert len(said.bodies) > 1
    assert all(len(part.data) <= PART_BYTES for part in said.bodies)
    assert zlib.decompress(b"".join(part.data for part in said.bodies)) == GOOD + noise
