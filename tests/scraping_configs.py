"""Made-up scraping configurations, as a provider file's pricing part and as what is no such thing."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ratecard_providers.pricing import Cards, Page, Pricing, Records
from ratecard_registry.scraping_candidate import as_config

PLAIN = ("columns", "kinds", "transposed", "bands", "columns+arrays")
SELECTORS = ("article.model", "div.card > h3", "li[data-model]", "#prices section", "h3 a")
PRIVATE = (
    *("127.0.0.1", "10.0.0.8", "172.16.4.4", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
    *("[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]"),
    *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "metadata", "db.internal", "x.local"),
    *("localhost.", "metadata.google.internal", "１２７.0.0.1", "printer.lan"),  # noqa: RUF001 - full-width digits
)

urls = st.builds("https://{}.example/{}".format, st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(0, 9))


@st.composite
def pages(draw: st.DrawFn, url: str) -> Page:
    kind = draw(st.sampled_from(["plain", "cards", "records"]))
    more: dict[str, Any] = {
        "currency": draw(st.sampled_from([None, "USD", "CNY", "EUR"])),
        "unit": draw(st.sampled_from([None, "1M tokens", "1K tokens"])),
        "unlabelled": draw(st.sampled_from([(), ("input", "output")])),
        "words": draw(st.sampled_from([{}, {"Prompt": "input", "Region": ""}])),
    }
    if kind == "cards":
        more["cards"] = Cards(
            card=draw(st.sampled_from(SELECTORS)),
            name=draw(st.sampled_from(SELECTORS)),
            skip=draw(st.sampled_from([(), ("Legacy",)])),
        )
    if kind == "records":
        scale = draw(st.decimals("0.0000000001", 1000, places=10))
        more["records"] = (Records(where=("name", "price"), scale=scale, rates={"input": "price.in"}),)
    strategies = ("columns", kind) if kind != "plain" else tuple(draw(st.sets(st.sampled_from(PLAIN), min_size=1)))
    return Page(url=url, strategies=strategies, **more)


@st.composite
def configurations(draw: st.DrawFn) -> Pricing:
    found = draw(st.lists(urls, min_size=1, max_size=3, unique=True))
    return Pricing(pages=tuple(draw(pages(url)) for url in found), currency=draw(st.sampled_from(["USD", "CNY"])))


def _first_page(**changed: Any) -> Any:
    def change(config: dict[str, Any]) -> Any:
        first, *others = config["pages"]
        return {**config, "pages": [{**first, **changed}, *others]}

    return change


_FAULTS: dict[str, Any] = {
    "pages": lambda config: {**config, "pages": []},
    "currency": lambda config: {**config, "currency": "dollars"},
    "selectors": lambda config: {**config, "selectors": {"table": "table"}},
    "strategies": _first_page(strategies=["xpath"]),
    "unit": _first_page(unit="a dozen"),
    "words": _first_page(words={"Prompt": "prompt_price"}),
    "cards": _first_page(strategies=["cards"], cards={"card": "div[", "name": "h3"}, records=[]),
    "url": _first_page(url=7),
    "pages[0]": lambda config: {**config, "pages": [7, *config["pages"]]},
}


@st.composite
def invalid(draw: st.DrawFn) -> tuple[str, Any]:
    """Give a configuration with one fault, and the word that the error must name."""
    config = as_config(draw(configurations()))
    host = draw(st.sampled_from(PRIVATE))
    addresses = {
        f"https://{host}/prices": "url",
        "http://prices.example/": "url",
        "ftp://prices.example/": "url",
        "https://prices.example:8443/": "url",
        "https://me:secret@prices.example/": "url",
        "file:///etc/passwd": "url",
    }
    named = draw(st.sampled_from([*_FAULTS, *addresses]))
    if named in addresses:
        return "url", _first_page(url=named)(config)
    return named, _FAULTS[named](config)
