"""A real Prometheus beside a running Ratecard: every expression of every rule and panel is one, and has data."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import yaml
from browser_site import Site, standing
from dashboards import targets
from stack import free_port, free_ports

RULES: Final = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
VARIABLES: Final = {"$provider": ".*", "$__rate_interval": "30s", "$__range": "10m"}
WITHOUT_DATA: Final = {
    "ratecard: Next sync A": "the schedule is switched off, so that no slot disturbs what is counted",
    "ratecard: Held back A": "no price is held back",
    "ratecard: Cache size A": "Redis' own metrics come from its exporter, which is a container of docker-compose.yml",
    "ratecard: Cache size B": "as above",
    "ratecard: Cached values A": "as above",
    "ratecard: Cache evictions A": "as above",
    "rule PricesInQuarantine: ratecard_quarantine_held": "no price is held back",
}
_SELECTOR: Final = re.compile(r"\b((?:ratecard|models?|scraping|pricing)_\w+|up)(\{[^}]*\})?")


def asked() -> dict[str, str]:
    """Return everything that has to have data: the panels' expressions, and the series that rules compare."""
    found = {name: target["expr"] for name, target in targets("prometheus")}
    for name, expression in rules().items():
        for metric, labels in _SELECTOR.findall(expression):
            found[f"rule {name}: {metric}"] = metric + labels
    return found


def rules() -> dict[str, str]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def config(ports: Mapping[str, int]) -> str:
    jobs = [
        {"job_name": f"ratecard-{room}", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for room, port in ports.items()
    ]
    often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    return yaml.safe_dump({"global": often, "rule_files": [str(RULES)], "scrape_configs": jobs})


class Prometheus:
    """A running Prometheus."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def ask(self, expression: str) -> list[Any]:
        """Return the series that an expression gives now."""
        for name, value in VARIABLES.items():
            expression = expression.replace(name, value)
        async with self._session.get(f"{self._url}/api/v1/query", params={"query": expression}) as response:
            answer = await response.json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        result: list[Any] = answer["data"]["result"]
        return result

    async def without_data(self) -> set[str]:
        """Return what gives nothing now, or no number."""
        return {name for name, expression in asked().items() if not _numbers(await self.ask(expression))}


def _numbers(series: list[Any]) -> list[str]:
    return [one["value"][1] for one in series if one["value"][1] != "NaN"]


@asynccontextmanager
async def prometheus(folder: Path, ports: Mapping[str, int]) -> AsyncIterator[Prometheus]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not on the PATH: `apt-get install prometheus`")
    (folder / "prometheus.yml").write_text(config(ports), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--log.level=warn",
    ]
    child = await asyncio.create_subprocess_exec(program, *arguments, f"--web.listen-address={address}")
    try:
        async with aiohttp.ClientSession() as session:
            await _ready(session, f"http://{address}/-/ready")
            yield Prometheus(f"http://{address}", session)
    finally:
        child.terminate()
        await child.wait()


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get(url) as response:
                    if response.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)


async def use(site: Site, rounds: int) -> None:
    """Ask as users do. Other limits are other questions, which memory cannot answer."""
    for limit in range(1 + rounds * 5, 6 + rounds * 5):
        page = await site.ask(f"/api/models?limit={limit}")
        for model in page["data"][:2]:
            await site.ask(f"/api/models/{model['id']}?provider={model['provider']}")


@pytest.mark.slow
@pytest.mark.timeout(500)  # five processes and Prometheus start, on a machine that may be busy
async def test_every_expression_of_rules_and_panels_has_data(environment: dict[str, str], tmp_path: Path) -> None:
    ports = free_ports()
    told = {**environment, "ALERT_URLS": "json://127.0.0.1:9/"}  # nobody takes what is sent there
    async with prometheus(tmp_path, ports) as watching, standing(told, tmp_path, ports) as site:
        site.acme_says({})
        missing: set[str] = set()
        for rounds in range(40):
            # What has changed is not in memory: the cache is asked for it.
            site.simulated.state = "before" if rounds % 2 else "after"
            await site.sync()
            await use(site, rounds)
            missing = await watching.without_data()
            if missing <= WITHOUT_DATA.keys():
                break
            await asyncio.sleep(2)
        assert missing - WITHOUT_DATA.keys() == set()
        assert WITHOUT_DATA.keys() - missing == set(), "these have data after all"
        for expression in rules().values():
            await watching.ask(expression)  # all of it is understood, whether or not it fires
