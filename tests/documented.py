"""One answer of every route, to hold the API's description against, of a registry in which all has happened once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
from priced_models import row
from registry_bench import KEY, Bench, a_bench
from registry_events import PAGE, closing, enriched, model, price

from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_registry.quarantine import Quarantine
from ratecard_shared.events import Capability, Usability

ACME: Final = Provider(id="acme", name="Acme", pricing=Pricing(pages=(Page(url=PAGE, strategies=("columns",)),)))
ADMIN: Final = {"Authorization": f"Bearer {KEY}"}
_USAGE: Final = {"input": 1000, "cachedInput": 400, "output": 50}
_LINES: Final[dict[str, Any]] = {
    "usages": [
        {"model": "swift-1", "provider": "acme", "when": "2031-03-01T12:00:00Z", "usage": _USAGE, "ref": "a"},
        {"model": "swift-9", "usage": {"input": 1}},
    ]
}

_OWN: Final[dict[str, Any]] = {
    "provider": "acme",
    "model": "swift-1",
    "kind": "negotiated",
    "rates": {"input": 1, "output": 8},
    "evidence": {"text": "contract 4711, page 3"},
    "note": "yearly contract",
}

ASKED: Final[Mapping[str, tuple[str, str, dict[str, Any]]]] = {
    "listModels.200": ("GET", "/api/models?limit=2", {}),
    "getModel.200": ("GET", "/api/models/swift-1", {}),
    "getPricingHistory.200": ("GET", "/api/models/swift-1/pricing-history?limit=2", {}),
    "listProviders.200": ("GET", "/api/providers", {}),
    "resolveModel.200": ("GET", "/api/resolve?model=Swift+1", {}),
    "listChanges.200": ("GET", "/api/changes?limit=3", {}),
    "followChanges.200": ("GET", "/api/changes/stream?since=0-0", {}),
    "computeCosts.200": ("POST", "/api/cost", {"json": _LINES}),
    "exportLitellm.200": ("GET", "/api/export/litellm.json", {}),
    "exportGenaiPrices.200": ("GET", "/api/export/genai-prices.json", {}),
    "exportModelsDev.200": ("GET", "/api/export/models.dev/api.json", {}),
    "exportOpenrouter.200": ("GET", "/api/export/openrouter/v1/models?limit=1", {}),
    "exportLlmPrices.200": ("GET", "/api/export/llm-prices/current-v1.json", {}),
    "exportLlmPricesHistory.200": ("GET", "/api/export/llm-prices/historical-v1.json", {}),
    "exportCsv.200": ("GET", "/api/export/prices.csv", {}),
    "triggerSync.202": ("POST", "/api/admin/sync/trigger", {"json": {"providers": ["acme"]}, "headers": ADMIN}),
    "getSync.200": ("GET", "/api/admin/sync/sync-1", {"headers": ADMIN}),
    "listQuarantine.200": ("GET", "/api/admin/quarantine", {"headers": ADMIN}),
    "approvePrice.200": ("POST", "/api/admin/quarantine/3/approve", {"json": {"note": "seen"}, "headers": ADMIN}),
    "rejectPrice.200": ("POST", "/api/admin/quarantine/2/reject", {"json": {"note": "a misprint"}, "headers": ADMIN}),
    "listUnmatched.200": ("GET", "/api/admin/unmatched", {"headers": ADMIN}),
    "createKey.201": ("POST", "/api/admin/keys", {"json": {"name": "billing", "scopes": ["read"]}, "headers": ADMIN}),
    "listKeys.200": ("GET", "/api/admin/keys", {"headers": ADMIN}),
    "revokeKey.200": ("POST", "/api/admin/keys/1/revoke", {"headers": ADMIN}),
    "listActions.200": ("GET", "/api/admin/audit?limit=1", {"headers": ADMIN}),
    "setOwnPrice.201": ("POST", "/api/admin/own-prices", {"json": _OWN, "headers": ADMIN}),
    "setOwnPrice.200": ("POST", "/api/admin/own-prices", {"json": _OWN, "headers": ADMIN}),
    "listOwnPrices.200": ("GET", "/api/admin/own-prices", {"headers": ADMIN}),
    "getOwnPrice.200": ("GET", "/api/admin/own-prices/1", {"headers": ADMIN}),
    "endOwnPrice.200": (
        "POST",
        "/api/admin/own-prices/1/end",
        {"json": {"at": "2031-06-01"}, "headers": ADMIN},
    ),
    "withdrawOwnPrice.200": ("POST", "/api/admin/own-prices/1/withdraw", {"headers": ADMIN}),
    "getHealth.200": ("GET", "/health", {}),
    "isAlive.200": ("GET", "/health/live", {}),
    "isReady.200": ("GET", "/health/ready", {}),
}
"""What is asked for each example of an answer."""


@asynccontextmanager
async def a_documented_bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    """Give a registry in which everything has happened."""
    known = {"acme": ACME}
    async with a_bench(database_url, redis_url, quarantine=Quarantine(known), providers=known) as bench:
        await _happen(bench)
        yield bench


async def _happen(bench: Bench) -> None:
    """Let three syncs read models and prices, the last of them two that cannot be believed."""
    for on, first, second in ((0, "1.25", "0.5"), (1, "1.5", "0.5"), (2, "1500", "500")):
        swift = model(
            "swift-1",
            [
                row(input=first, output="10", cached_input="0.125"),
                row(above=200_000, input="2.5", output="15", cached_input="0.25"),
                row(tier="batch", input="0.625", output="5"),
            ],
            display_name="Swift 1",
            classification=("chat", "tools"),
            capabilities=(Capability(type="chat"), Capability(type="tools")),
            context_window=400_000,
            max_output_tokens=64_000,
            aliases=("swift-latest",),
        )
        small = model("swift-1-mini", [price(second, "4")], max_output_tokens=32_000)
        preview = model("swift-2-preview", usability=Usability.PREVIEW, context_window=None)
        said = [enriched(one, on=on) for one in (swift, small, preview)]
        names = ("Swift Vision",) if on == 2 else ()
        await bench.sync(on, *said, closing("swift-1", "swift-1-mini", "swift-2-preview", on=on, unmatched_names=names))
    await bench.pool.execute("UPDATE outbox SET published_at = now(), published_in = 1 WHERE published_at IS NULL")


async def ask(bench: Bench, name: str) -> httpx.Response:
    """Return the answer of the route."""
    method, path, more = ASKED[name]
    async with bench.client() as client:
        return await client.request(method, path, **more)
