"""A changed scraping configuration through five processes: the next sync reads the other page, and the file's after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from scripted_server import Reply, scripted_server
from stack import services

from ratecard_shared.admin import create_topics
from ratecard_shared.settings import KafkaSettings, load

KEY = "made-up-admin-key"
FILE = """
id = "acme"
name = "Acme"

[[pricing.pages]]
url = "{url}/old"
strategies = ["columns"]
"""
TABLE = b"""<html><body><p>Prices per 1M tokens.</p><table><tr><th>Model</th><th>Input</th><th>Output</th></tr>
<tr><td>Swift 1</td><td>$1.25</td><td>$10.00</td></tr></table></body></html>"""
CARDS = b"""<html><body><p>Prices per 1M tokens.</p><section class="model"><h3>Swift 1</h3>
<p>Input: $1.50</p><p>Output: $12.00</p></section></body></html>"""


async def ask(api: str, method: str, path: str, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "If-Match": "*"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"{api}{path}", **more) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def synced(api: str) -> Any:
    """Sync, and return what the model costs then."""
    result = await ask(api, "POST", "/api/admin/sync/trigger?wait=true", json={"providers": ["acme"]})
    assert result["success"], result
    return (await ask(api, "GET", "/api/models/Swift 1"))["inputCostPerMillion"]


@pytest.mark.slow
@pytest.mark.timeout(400)  # five processes start and sync four times, on a machine that may be busy
async def test_a_changed_configuration_applies_to_the_next_sync(environment: dict[str, str], tmp_path: Path) -> None:
    await create_topics(load(KafkaSettings, environment))
    async with scripted_server() as server:
        server.answers("/old", Reply(body=TABLE))
        server.answers("/new", Reply(body=CARDS))
        (tmp_path / "acme.toml").write_text(FILE.format(url=server.url), encoding="utf-8")
        told = {
            **environment,
            "RATECARD_PROVIDERS": str(tmp_path),
            "RATECARD_ENABLED_PROVIDERS": "acme",
            "RATECARD_ADMIN_KEY": KEY,
            "SCRAPING_ALLOW_PRIVATE": "true",
            "SCRAPING_DELAY_MS": "10",
            "ENABLE_AUTO_SYNC": "false",
        }
        async with services(told) as api:
            assert await synced(api) == 1.25
            page = {"url": f"{server.url}/new", "strategies": ["cards"], "unit": "1M tokens"}
            config = {"pages": [{**page, "cards": {"card": "section.model", "name": "h3"}}]}
            dry = await ask(api, "POST", "/api/admin/scraping-config/acme/dry-run")
            assert (dry["passes"], dry["tried"], dry["differences"]) == (True, True, [])
            text = {"config": config, "page": CARDS.decode()}
            dry = await ask(api, "POST", "/api/admin/scraping-config/acme/dry-run", json=text)
            assert [(one["kind"], one["read"]["input"]) for one in dry["differences"]] == [("changed", 1.5)]
            await ask(api, "PUT", "/api/admin/scraping-config/acme", json=config)
            assert await synced(api) == 1.5
            assert len(server.asked_for("/old")) == len(server.asked_for("/new")) == 1
            await ask(api, "POST", "/api/admin/scraping-config/acme/deactivate")
            assert await synced(api) == 1.25
