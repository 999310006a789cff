"""Imports a price list into the history, all that can be taken of it or nothing, in one transaction.

Nothing is said on `pricing.changed`: what is charged does not change, and the past is answered differently from now on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
import msgspec

from ratecard_registry import audit
from ratecard_registry.access import Caller
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.exports.naming import Names
from ratecard_registry.imports import genai_prices, llm_prices
from ratecard_registry.imports.entries import ListError, PriceList
from ratecard_registry.imports.planning import PastPrice, Place, Plan, Recorded, meant, plan
from ratecard_registry.imports.views import ImportView, import_view
from ratecard_registry.outdated import Outdated
from ratecard_registry.problems import Problem
from ratecard_registry.resolving import Documented
from ratecard_registry.store import Store
from ratecard_registry.stored import Key
from ratecard_shared.database import queries, transaction
from ratecard_shared.prices import GLOBAL, USD, Evidence

Format = Literal["llm-prices", "genai-prices"]
QUERIES: Final = Path(__file__).with_name("imports.sql")
_READERS: Final[dict[str, Callable[[Any], PriceList]]] = {
    "llm-prices": llm_prices.read,
    "genai-prices": genai_prices.read,
}
_MOST_FAULTS: Final = 20
_JSON: Final = msgspec.json.Decoder(float_hook=Decimal)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A file to import. `source` is where it came from, for the evidence."""

    body: bytes
    format: Format
    source: str
    dry_run: bool
    force: bool


class Importer:
    """Imports price lists. `tell_caches` is called after each."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        catalogue: Catalogue,
        names: Names,
        documented: Documented,
        tell_caches: Callable[[], Awaitable[None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it. `names` are what other tools call providers, `documented` what pages call ids."""
        self._pool = pool
        self._catalogue = catalogue
        self._names = names
        self._documented = documented
        self._tell_caches = tell_caches
        self._now = now
        self._store = Store()
        self._sql = queries(QUERIES)

    async def take(self, asked: Asked, caller: Caller) -> ImportView:
        """Import a file, or say what an import would do. Raises Problem."""
        listed = await asyncio.to_thread(_read, asked)
        models = await self._catalogue.whole()
        vendors = {self._names.of(who, "genai_prices"): who for who in models} | {who: who for who in models}
        known = tuple(chain(*models.values()))
        found = await asyncio.to_thread(meant, listed.entries, known, vendors, self._documented)
        now = self._now()
        digest = hashlib.sha256(asked.body).hexdigest()
        async with transaction(self._pool()) as connection:
            places = sorted({place for place, _ in found.entries})
            await self._store.lock(connection, {provider for provider, _ in places})
            planned = plan(found.entries, await self._recorded(connection, places), now)
            aside = (*listed.left_aside, *found.left_aside, *planned.left_aside)
            shown = import_view(planned, aside, sha256=digest, format=asked.format, dry_run=asked.dry_run)
            if not asked.dry_run:
                _check(planned, shown, force=asked.force)
                await self._write(connection, planned.rows, asked, digest, now)
                said = {"sha256": digest, "source": asked.source, "added": len(planned.rows), "forced": asked.force}
                await audit.record(connection, caller, action="import", target=asked.format, details=said)
        await self._tell_caches()
        return shown

    async def _recorded(
        self, connection: asyncpg.Connection, places: Sequence[Place]
    ) -> dict[Place, dict[Key, Recorded]]:
        found: dict[Place, dict[Key, Recorded]] = defaultdict(dict)
        where = {"providers": [provider for provider, _ in places], "ids": [model for _, model in places]}
        async for row in self._sql.first_recorded(connection, **where):
            key = (row["tier"], row["context_limit"], row["currency"], row["region"])
            rates = msgspec.convert(row["rates"], dict[str, Decimal])
            found[row["provider"], row["model_id"]][key] = Recorded(begins=row["effective_date"], rates=rates)
        return found

    async def _write(
        self, connection: asyncpg.Connection, rows: Sequence[PastPrice], asked: Asked, digest: str, now: datetime
    ) -> None:
        if not rows:
            return
        await self._sql.add(connection, rows=[_row(row, asked, digest, now) for row in rows])
        outdated = Outdated()
        for row in rows:
            outdated.models(row.place[0], [row.place[1]])
        await self._store.bump(connection, outdated)


def _read(asked: Asked) -> PriceList:
    try:
        document = _JSON.decode(asked.body)
        return _READERS[asked.format](document)
    except ListError as error:
        shown = "; ".join(error.faults[:_MOST_FAULTS])
        raise Problem(
            400, f"This is no list of {asked.format}, and nothing was imported: {shown}.", faults=error.faults
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        raise Problem(400, f"The file is no JSON, and nothing was imported: {error}.") from error


def _check(planned: Plan, shown: ImportView, *, force: bool) -> None:
    if planned.doubts and not force:
        first = "; ".join(planned.doubts[:_MOST_FAULTS])
        raise Problem(409, f"This looks like a slip, and nothing was imported: {first}. {_FORCE}", report=shown)


_FORCE: Final = "Mend the file, or send `force=true` if it is right."


def _row(row: PastPrice, asked: Asked, digest: str, now: datetime) -> dict[str, Any]:
    entry = row.entry
    evidence = Evidence(
        url=asked.source or asked.format,
        fetched_at=now,
        sha256=digest,
        strategy=f"import:{asked.format}",
        text=entry.text,
    )
    return {
        "provider": row.place[0],
        "model_id": row.place[1],
        "tier": entry.tier,
        "context_limit": entry.above_tokens,
        "currency": USD,
        "region": GLOBAL,
        "input_cost_per_million": entry.rates.get("input"),
        "output_cost_per_million": entry.rates.get("output"),
        "rates": entry.rates,
        "effective_date": row.effective_date,
        "end_date": row.end_date,
        "recorded_at": now,
        "evidence": evidence,
        "sync_id": f"import:{digest[:16]}",
        "recorded_as": entry.id,
    }
